/** Control characters and line separators: in a log they would begin lines that nobody wrote. */
const CONTROLS = /[\p{Cc}\u2028\u2029]/gu;

/** Text that comes from elsewhere, on one line: what would break it, or steer a terminal, is shown as an escape. */
export function oneLine(text: string): string {
  return text.replace(CONTROLS, (control) => {
    const code = control.charCodeAt(0).toString(16);
    return control === '\n' ? '\\n' : `\\u${code.padStart(4, '0')}`;
  });
}
