type Child = Node | string

/**
 * Makes an element. Text stays text, whoever wrote it: there is no way to give markup.
 *
 * @param attributes of undefined there is none
 */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string | undefined>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes))
    if (value !== undefined) made.setAttribute(key, value)
  made.append(...children)
  return made
}

/** Gives an element another text, unless it is the same: what is read or selected stays. */
export function setText(of: Element, text: string): void {
  if (of.textContent !== text) of.textContent = text
}

/** Puts other children in an element's place, unless they look the same: what is read or selected stays. */
export function replaceChildren(parent: Element, ...children: readonly Child[]): void {
  const next = parent.cloneNode() as Element
  next.append(...children)
  if (!next.isEqualNode(parent)) parent.replaceChildren(...next.childNodes)
}
