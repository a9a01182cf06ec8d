/**
 * The document, for a library that writes style elements, which the page's policy refuses. The rules go into a style sheet
 * made by script instead, which the policy lets in: it holds what this page's own scripts wrote, and nothing that was parsed.
 */
export function documentWithoutInlineStyle(): Document {
  return new Proxy(document, {
    get(target, name) {
      if (name === 'createElement') return (tag: string) => tag === 'style' ? styleHolder() : target.createElement(tag)
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
    set: (target, name, value) => Reflect.set(target, name, value, target),
  })
}

function styleHolder(): HTMLElement {
  const sheet = new CSSStyleSheet()
  const holder = document.createElement('span')
  holder.hidden = true
  Object.defineProperty(holder, 'textContent', { get: () => '', set: (rules: string) => sheet.replaceSync(rules) })
  holder.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter(one => one !== sheet)
    Element.prototype.remove.call(holder)
  }
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]
  return holder
}
