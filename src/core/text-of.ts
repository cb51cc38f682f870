/** The text that tokens make together. */
export function textOf(tokens: readonly { readonly text: string }[]): string {
  return tokens.map(({ text }) => text).join('');
}
