/** Copies what the compiler leaves behind (Lua scripts, prompts, data) beside the compiled files that load it. */
import { cpSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('../src/', import.meta.url));
const target = fileURLToPath(new URL('../dist/', import.meta.url));
cpSync(source, target, { recursive: true, filter: (file) => !file.endsWith('.ts') });
