// Copies what the admin page serves as it is: TypeScript compiles nothing but TypeScript.
import { cpSync } from 'node:fs';

const ASSETS = 'lib/admin/page/assets';
const ROOT = new URL('../', import.meta.url);

cpSync(new URL(ASSETS, ROOT), new URL(`dist/${ASSETS}`, ROOT), { recursive: true });
