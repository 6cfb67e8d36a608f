from refresh.conftest import *
def test_smoke(data, good):
    import time
    t=time.time()
    s=look(data, good)
    print(time.time()-t, s)
    assert 0
