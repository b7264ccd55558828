// @ts-nocheck It is loaded by mocha in a temporary folder; see main.mjs.
import { appendFileSync } from 'node:fs';

const { SUITE_CAPTURE: capture, SUITE_CHANGES: output } = process.env;

/** Root hooks of mocha. */
export const mochaHooks = capture === 'plain' ? {} : await hooked();

async function hooked() {
  const { watchStatements } = await import('./raw-statements.mjs');
  const { hookEverything, warnings } = await import('./hooked.mjs');
  const { observers } = await import('./audit.mjs');
  let test = '';
  const write = (line) => appendFileSync(output, `${JSON.stringify(line)}\n`);
  // Rows that are about to be dropped are compared before.
  const compareAll = async () => {
    for (const observer of observers()) {
      const found = await observer.compare(capture);
      if (found) write({ test, ...found });
    }
  };
  watchStatements();
  hookEverything(capture, compareAll);
  return {
    beforeEach() {
      const { file, title } = this.currentTest;
      test = `${file.replace(/^.*compiled.test./, '')}: ${title}`;
    },
    afterEach: compareAll,
    afterAll() {
      for (const [warning, { count, first }] of warnings) write({ warning, count, first });
    },
  };
}
