-- Puts the staged text of a chapter where its page says `::: {.staged file="_chapters/….md"}`. Quarto's own include
-- wants the file before anything has run, so that a fresh clone could be neither rendered nor previewed.

function Div(div)
  if not div.classes:includes("staged") then return nil end
  local file = assert(io.open(div.attributes.file, "r"), div.attributes.file .. " is not staged")
  local text = file:read("a")
  file:close()
  -- Quarto reads the label at the end of a table's caption itself.
  return pandoc.read(text, quarto and "markdown" or "markdown+table_attributes").blocks
end
