-- Puts the staged text of a chapter where its page says `::: {.staged file="_chapters/….md"}`. Quarto's own include
-- wants the file before anything has run, so that a fresh clone could be neither rendered nor previewed. What a page
-- refers to in the other PDF, as `_chapters/elsewhere.json` lists it, becomes text.

local function read(name)
  local file = io.open(name, "r")
  if not file then return nil end
  local text = file:read("a")
  file:close()
  return text
end

local told = read("_chapters/elsewhere.json")
local elsewhere = told and pandoc.json.decode(told) or { labels = {}, pages = {} }
local away = {}
for _, page in ipairs(elsewhere.pages) do away[page] = true end

local function words(citation)
  local label = elsewhere.labels[citation.id:sub(1, 1):lower() .. citation.id:sub(2)]
  if not label then return nil end
  if label.title then return pandoc.Inlines(label.title) end
  return pandoc.Inlines(citation.mode == "SuppressAuthor" and label.number or label.name .. "\u{a0}" .. label.number)
end

local function cite(el)
  local parts, found = pandoc.Inlines({}), false
  for i, citation in ipairs(el.citations) do
    local text = words(citation)
    found = found or text ~= nil
    if i > 1 then parts:extend({ pandoc.Str(","), pandoc.Space() }) end
    if text then parts:extend(text) else parts:insert(pandoc.Cite({}, { citation })) end
  end
  return found and parts or nil
end

local function link(el)
  return away[el.target:match("^[^#]*")] and el.content or nil
end

local function div(el)
  if not el.classes:includes("staged") then return nil end
  local text = assert(read(el.attributes.file), el.attributes.file .. " is not staged")
  -- Quarto reads the label at the end of a table's caption itself.
  return pandoc.read(text, quarto and "markdown" or "markdown+table_attributes").blocks
    :walk({ Cite = cite, Link = link })
end

return { { Cite = cite, Link = link }, { Div = div } }
