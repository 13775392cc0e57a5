import { luaScripts } from '../lua-scripts.ts';

/** The Lua scripts of the transaction cache. */
const files = {
  definePopulation: 'define-population-3.lua',
  reserve: 'reserve-7.lua',
  beginRepair: 'begin-repair-5.lua',
  leave: 'leave-3.lua',
  commit: 'commit-8.lua',
  fail: 'fail-8.lua',
  release: 'release-4.lua',
  reopen: 'reopen-4.lua',
  pause: 'pause-1.lua',
  resume: 'resume-1.lua',
  recordTransaction: 'record-transaction-4.lua',
  openCall: 'open-call-4.lua',
  leaveCall: 'leave-call-2.lua',
  failTransaction: 'fail-transaction-4.lua',
  importPerson: 'import-person-6.lua',
} as const;

export type ScriptName = keyof typeof files;

/** The scripts as functions on a connection. */
export const scriptsOf = luaScripts(new URL('./lua/', import.meta.url), files);
export type Scripts = ReturnType<typeof scriptsOf>;

/** The error for a code that a script's header does not list: this program and the scripts are of two versions. */
export function unexpectedReply(script: ScriptName, code: string): Error {
  return new Error(`${files[script]} answered ${JSON.stringify(code)}, which this version does not know`);
}
