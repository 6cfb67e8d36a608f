-- Quarto's conventions for a joined book, as far as the report uses them: numbers, captions, cross-references,
-- callouts, folded code, text for one format only. The book is one div a chapter: .chapter, with name="…" and
-- kind="numbered|unnumbered|appendix". The metadata field `target` says for which format: html or typst.

local target
local labels = {}     -- identifier -> { name, number }
local taken = {}      -- identifier -> true
local chapter         -- the chapter being read
local names = { fig = "Figure", tbl = "Table", sec = "Section", eq = "Equation" }
local callouts = { note = "Note", tip = "Tip", warning = "Warning", important = "Important", caution = "Caution" }
local colours = { note = "0b62a4", tip = "00795c", warning = "a05a00", important = "a63d57", caution = "a05a00" }

local function raw(text) return pandoc.RawBlock(target, text) end

local function kind_of(id) return id:match("^(%a+)%-") end

local function shown_here(attributes)
  local wanted = attributes["when-format"] or attributes["unless-format"]
  return wanted == target or (wanted == "pdf" and target == "typst")
end

-- Numbers ------------------------------------------------------------------------------------------------------

local function numbered(number)
  return chapter.number == "" and tostring(number) or chapter.number .. "." .. number
end

local function count(kind)
  chapter.counts[kind] = (chapter.counts[kind] or 0) + 1
  return numbered(chapter.counts[kind])
end

local function define(id, name, number)
  labels[id] = { name = name, number = number, chapter = chapter.name }
end

local function typst_string(text) return '"' .. text:gsub("\\", "\\\\"):gsub('"', '\\"') .. '"' end

local function float(id, kind, number, position, body, caption)
  local blocks = pandoc.Blocks({ raw("#figure([") })
  blocks:extend(body)
  blocks:insert(raw("], caption: figure.caption(position: " .. position .. ", ["))
  blocks:insert(pandoc.Plain(caption))
  blocks:insert(raw(("]), kind: %s, supplement: %s, numbering: _ => %s) <%s>"):format(
    typst_string("quarto-float-" .. kind), typst_string(names[kind]), typst_string(number), id)))
  return blocks
end

local function with_number(name, number, inlines)
  local prefix = pandoc.Span({ pandoc.Str(name .. "\u{a0}" .. number) }, { class = "float-number" })
  return pandoc.Inlines({ prefix, pandoc.Str(":"), pandoc.Space() }) .. inlines
end

local function figure(div)
  local body = pandoc.Blocks(div.content)
  local caption = body:remove(#body).content
  local number = count("fig")
  define(div.identifier, names.fig, number)
  if target == "typst" then return float(div.identifier, "fig", number, "bottom", body, caption) end
  return pandoc.Figure(body, { pandoc.Plain(with_number(names.fig, number, caption)) }, div.attr)
end

local function table_float(tbl)
  if kind_of(tbl.identifier) ~= "tbl" then return nil end
  local id, number = tbl.identifier, count("tbl")
  define(id, names.tbl, number)
  local caption = pandoc.utils.blocks_to_inlines(tbl.caption.long)
  if target == "typst" then
    tbl.caption, tbl.identifier = { long = {} }, ""
    return float(id, "tbl", number, "top", { tbl }, caption), false
  end
  -- The caption stands outside the box in which a wide table scrolls.
  tbl.caption, tbl.identifier = { long = {} }, ""
  local box = pandoc.Div({ tbl }, { class = "table-box", tabindex = "0" })
  return pandoc.Figure({ box }, { pandoc.Plain(with_number(names.tbl, number, caption)) }, { id = id, class = "of-table" }), false
end

local function header(el)
  if taken[el.identifier] then el.identifier = chapter.name .. "-" .. el.identifier end
  taken[el.identifier] = true
  if el.classes:includes("unnumbered") or chapter.number == "" then
    define(el.identifier, nil, nil)
    labels[el.identifier].title = el.content
    return el
  end
  chapter.sections = chapter.sections or {}
  local number = chapter.number
  if el.level > 1 then
    chapter.sections[el.level] = (chapter.sections[el.level] or 0) + 1
    for level = el.level + 1, 6 do chapter.sections[level] = 0 end
    for level = 2, el.level do number = number .. "." .. (chapter.sections[level] or 0) end
  end
  local name = el.level > 1 and names.sec or chapter.kind == "appendix" and "Appendix" or "Chapter"
  define(el.identifier, name, number)
  local shown = target == "typst" and pandoc.RawInline("typst", "#section-number[" .. number .. "]")
    or pandoc.Span({ pandoc.Str(number) }, { class = "header-section-number" })
  el.content = pandoc.Inlines({ shown, pandoc.Space() }) .. el.content
  return el
end

-- A display formula followed by {#eq-…} is numbered.
local function equation(para)
  local content = para.content:filter(function(el) return el.t ~= "Space" and el.t ~= "SoftBreak" end)
  local formula, tail = content[1], content[2]
  if #content ~= 2 or formula.t ~= "Math" or formula.mathtype ~= "DisplayMath" or tail.t ~= "Str" then return nil end
  local id = tail.text:match("^{#(eq%-[%w_-]+)}$")
  if not id then return nil end
  local number = count("eq")
  define(id, names.eq, number)
  if target == "html" then
    formula.text = formula.text .. " \\qquad(" .. number .. ")"
    return pandoc.Para({ pandoc.Span({ formula }, { id = id }) })
  end
  local body = pandoc.write(pandoc.Pandoc({ pandoc.Plain({ formula }) }), "typst")
  return raw(('#math.equation(block: true, numbering: _ => "(%s)", [%s]) <%s>'):format(number, body, id))
end

-- Callouts, code -----------------------------------------------------------------------------------------------

local function callout(div)
  for kind, name in pairs(callouts) do
    if div.classes:includes("callout-" .. kind) then
      local title = pandoc.Inlines(div.attributes.title or name)
      local content = pandoc.Blocks(div.content)
      if not div.attributes.title and content[1] and content[1].t == "Header" then
        title = content:remove(1).content
      end
      if target == "typst" then
        local blocks = pandoc.Blocks({ raw('#aside(rgb("' .. colours[kind] .. '"), ['), pandoc.Plain(title), raw("], [") })
        blocks:extend(content)
        blocks:insert(raw("])"))
        return blocks
      end
      content:insert(1, pandoc.Para(title, {}))
      content[1] = pandoc.Div({ content[1] }, { class = "callout-title" })
      return pandoc.Div(content, { class = "callout callout-" .. kind, role = "note" })
    end
  end
end

local function code(block)
  if not block.classes:includes("cell-code") then return nil end
  local fold = block.attributes["code-fold"] or "true"
  local summary = block.attributes["code-summary"] or "Code"
  block.attributes["code-fold"], block.attributes["code-summary"] = nil, nil
  if fold == "false" then return block end
  local open = fold == "show" and " open" or ""
  return {
    raw('<details class="code-fold"' .. open .. "><summary>"), pandoc.Plain(pandoc.Inlines(summary)), raw("</summary>"),
    block, raw("</details>"),
  }
end

local function conditional(el)
  if el.classes:includes("content-visible") then return shown_here(el.attributes) and el.content or {} end
  if el.classes:includes("content-hidden") then return shown_here(el.attributes) and {} or el.content end
end

local function div(el)
  if kind_of(el.identifier) == "fig" then return figure(el) end
  return callout(el)
end

-- Cross-references ---------------------------------------------------------------------------------------------

local function reference(citation)
  local kind = kind_of(citation.id)
  if not kind or not names[kind:lower()] then return nil end
  local id = kind:lower() .. citation.id:sub(#kind + 1)
  local label = labels[id]
  if not label then error("@" .. citation.id .. ": there is no such label") end
  if label.title then return pandoc.Link(label.title, "#" .. id, "", { class = "xref" }) end
  local words = pandoc.Inlines({ pandoc.Str(label.number) })
  if citation.mode ~= "SuppressAuthor" then
    local name = #citation.prefix > 0 and citation.prefix or pandoc.Inlines({ pandoc.Str(label.name) })
    words = name .. pandoc.Inlines({ pandoc.Str("\u{a0}") }) .. words
  end
  return pandoc.Link(words, "#" .. id, "", { class = "xref" })
end

local function cite(el)
  local links = pandoc.Inlines({})
  for i, citation in ipairs(el.citations) do
    local link = reference(citation)
    if not link then return nil end
    if i > 1 then links:extend({ pandoc.Str(","), pandoc.Space() }) end
    links:insert(link)
  end
  return links
end

function Pandoc(doc)
  target = pandoc.utils.stringify(doc.meta.target)
  local numbers = { numbered = 0, appendix = 0 }
  for i, block in ipairs(doc.blocks) do
    local kind = block.attributes.kind
    chapter = { name = block.attributes.name, kind = kind, counts = {}, number = "" }
    if kind ~= "unnumbered" then
      numbers[kind] = numbers[kind] + 1
      chapter.number = kind == "appendix" and string.char(64 + numbers[kind]) or tostring(numbers[kind])
    end
    block.content = block.content:walk({ Div = conditional }):walk({
      traverse = "topdown", Header = header, Div = div, Table = table_float, Para = equation, CodeBlock = code,
    })
    doc.blocks[i] = block
  end
  doc = doc:walk({ Cite = cite })
  doc.meta.labels = {}
  for id, label in pairs(labels) do
    local said = label.title and { title = pandoc.utils.stringify(label.title) }
      or { name = label.name, number = label.number }
    said.chapter = label.chapter
    doc.meta.labels[id] = said
  end
  return doc
end
