// Empties dist/, so that a file which no longer exists in lib/ is not published.
import { rmSync } from 'node:fs';

rmSync(new URL('../dist', import.meta.url), { recursive: true, force: true });
