#!/usr/bin/env node
import { run } from './program';
import { processTerminal } from './terminal';

const terminal = processTerminal();

void run(process.argv.slice(2), terminal).then(async (code) => {
  await terminal.flushed();
  // The file of the application may have opened what would keep the process alive.
  process.exit(code);
});
