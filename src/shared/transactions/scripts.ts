import { luaScripts } from '../lua-scripts.ts';

/**
 * The Lua scripts of the transaction cache. Their names are commands of a connection, which they share with the rate budget's
 * (`limits/scripts.ts`): none may stand in both.
 */
const files = {
  definePopulation: 'define-population-3.lua',
  reserve: 'reserve-6.lua',
  beginRepair: 'begin-repair-4.lua',
  leave: 'leave-2.lua',
  takeBack: 'take-back-1.lua',
  commit: 'commit-8.lua',
  fail: 'fail-8.lua',
  release: 'release-4.lua',
  reopen: 'reopen-4.lua',
  pausePopulation: 'pause-population-1.lua',
  resumePopulation: 'resume-population-1.lua',
  recordTransaction: 'record-transaction-3.lua',
  openCall: 'open-call-3.lua',
  leaveCall: 'leave-call-1.lua',
  failTransaction: 'fail-transaction-3.lua',
  importPerson: 'import-person-6.lua',
  openOutbox: 'open-outbox-3.lua',
  renewOutbox: 'renew-outbox-2.lua',
  prune: 'prune-4.lua',
  closeOutbox: 'close-outbox-1.lua',
  forget: 'forget-9.lua',
} as const;

export type ScriptName = keyof typeof files;

/** The scripts as functions on a connection. */
export const scriptsOf = luaScripts(new URL('./lua/', import.meta.url), files);
export type Scripts = ReturnType<typeof scriptsOf>;

/** The error for a code that a script's header does not list: this program and the scripts are of two versions. */
export function unexpectedReply(script: ScriptName, code: string): Error {
  return new Error(`${files[script]} answered ${JSON.stringify(code)}, which this version does not know`);
}
