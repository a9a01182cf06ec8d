/**
 * Does something during which a library makes style elements, which the page's policy refuses. The rules go into style sheets
 * made by script instead, which the policy lets in: they hold what this page's own scripts wrote, and nothing that was parsed.
 */
export function withoutInlineStyle(work: () => void): void {
  const create = document.createElement
  document.createElement = ((tag: string, options?: ElementCreationOptions) => tag === 'style' ? styleHolder() : create.call(document, tag, options)) as typeof create
  try {
    work()
  } finally {
    document.createElement = create
  }
}

function styleHolder(): HTMLElement {
  const sheet = new CSSStyleSheet()
  const holder = Document.prototype.createElement.call(document, 'span')
  holder.hidden = true
  Object.defineProperty(holder, 'textContent', { get: () => '', set: (rules: string) => sheet.replaceSync(rules) })
  holder.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter(one => one !== sheet)
    Element.prototype.remove.call(holder)
  }
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]
  return holder
}
