/** Control characters and line separators, which would start new lines in a log. */
const CONTROLS = /[\p{Cc}\u2028\u2029]/gu;

/** Foreign text on one line. Characters that would break the line or control a terminal are escaped. */
export function oneLine(text: string): string {
  return text.replace(CONTROLS, (control) => {
    const code = control.charCodeAt(0).toString(16);
    return control === '\n' ? '\\n' : `\\u${code.padStart(4, '0')}`;
  });
}
