import { luaScripts } from '../lua-scripts.ts';

/** The Lua scripts of the rate budget. Each is the last part of one program: what stands before it is the same for all. */
const files = { exchange: 'exchange-8.lua', reap: 'reap-5.lua', resume: 'resume-1.lua' } as const;

const parts = [
  'prelude.lua',
  'scope.lua',
  'processes.lua',
  'window.lua',
  'pace.lua',
  'ledger.lua',
  'provider.lua',
  'holds.lua',
  'queue.lua',
] as const;

export const limitScriptsOf = luaScripts(new URL('./lua/', import.meta.url), files, parts);
