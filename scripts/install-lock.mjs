import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Runs `action` alone among all processes that set up this checkout; the others wait for it and say so once.
 * The lock of a process that has died is taken over.
 */
export async function withInstallLock(dir, announce, action) {
  mkdirSync(dir, { recursive: true });
  const lock = path.join(dir, 'install.lock');
  let isAnnounced = false;
  while (!create(lock)) {
    const holder = readHolder(lock);
    if (holder !== undefined && !isAlive(holder)) takeAway(lock, holder);
    else {
      if (!isAnnounced && holder !== undefined) {
        announce(`waiting for process ${holder}, which installs the dependencies (else remove ${lock})`);
        isAnnounced = true;
      }
      await sleep(200);
    }
  }
  try {
    return await action();
  } finally {
    rmSync(lock, { force: true });
  }
}

function create(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Removes a dead process's lock. Between our look and our move somebody else may have done so and locked anew: what
 * was moved then names a live process and goes back.
 */
function takeAway(lock, holder) {
  const aside = `${lock}.${process.pid}`;
  try {
    renameSync(lock, aside);
  } catch {
    return;
  }
  if (readHolder(aside) === holder) rmSync(aside, { force: true });
  else renameSync(aside, lock);
}

function readHolder(lock) {
  try {
    return Number(readFileSync(lock, 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
