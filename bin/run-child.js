import { spawn } from 'node:child_process';
import os from 'node:os';

/**
 * Runs a command in place of this process: same terminal, signals passed on, its exit code as the result
 * (128 + the number of the signal that ended it, as shells count).
 *
 * A terminal sends Ctrl-C to all processes of the group, this one and the child; passing it on would make it two,
 * and a second Ctrl-C often means "now, without cleaning up". So SIGINT is passed on only when no terminal is there.
 *
 * npm runs us through a shell, which a SIGTERM to npm ends without telling us: there, the end of our parent counts
 * as SIGTERM.
 * @returns {Promise<number>}
 */
export function runChild(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', ...options });
    const passOn = (signal) => {
      if (signal === 'SIGINT' && process.stdin.isTTY) return;
      child.kill(signal);
    };
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, passOn);
    const parent = process.ppid;
    const watch = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(watch);
      child.kill('SIGTERM');
    }, 500);
    if (process.env.npm_lifecycle_event === undefined || process.platform === 'win32') clearInterval(watch);
    const settle = () => {
      clearInterval(watch);
      for (const signal of signals) process.off(signal, passOn);
    };
    child.once('error', (error) => {
      settle();
      reject(error);
    });
    child.once('close', (code, signal) => {
      settle();
      resolve(signal === null ? (code ?? 1) : 128 + os.constants.signals[signal]);
    });
  });
}
