import { closeSync, existsSync, openSync } from 'node:fs';
import { type Machine, runQuietly } from './run-quietly.ts';

/** One package manager: how to bring a Redis, and in which order to try its package names. */
type PackageManager = {
  command: string;
  packages: readonly string[];
  refresh?: readonly string[];
  install: readonly string[];
  /** Homebrew refuses root; all others need it. */
  needsRoot: boolean;
};

/** Fedora, Arch and others have replaced redis by the compatible valkey; both names stay in use. */
const managers: readonly PackageManager[] = [
  {
    command: 'apt-get',
    packages: ['redis-server', 'valkey-server'],
    refresh: ['update', '-qq', '-o', 'DPkg::Lock::Timeout=120'],
    install: ['install', '-y', '-qq', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120'],
    needsRoot: true,
  },
  { command: 'dnf', packages: ['redis', 'valkey'], install: ['install', '-y'], needsRoot: true },
  { command: 'yum', packages: ['redis', 'valkey'], install: ['install', '-y'], needsRoot: true },
  { command: 'apk', packages: ['redis', 'valkey'], install: ['add', '--no-cache'], needsRoot: true },
  {
    command: 'pacman',
    packages: ['valkey', 'redis'],
    install: ['-Sy', '--noconfirm', '--needed'],
    needsRoot: true,
  },
  {
    command: 'zypper',
    packages: ['redis', 'valkey'],
    install: ['install', '-y'],
    needsRoot: true,
  },
  { command: 'brew', packages: ['redis'], install: ['install', '--quiet'], needsRoot: false },
];

const stepTimeoutMs = 10 * 60_000;

/**
 * Installs a server with the first package manager that is there and may be used without a password.
 * @returns the server's command, or undefined when nobody may install or the installation failed.
 */
export async function installServer(options: {
  announce: (line: string) => void;
  logPath: string;
  machine: Machine;
  find: (machine: Machine) => Promise<string | undefined>;
}): Promise<string | undefined> {
  const { announce, logPath, machine, find } = options;
  const manager = await findManager(machine);
  if (manager === undefined) return undefined;
  const prefix = await privilegePrefix(manager, machine);
  if (prefix === undefined) return undefined;

  announce(`installing ${manager.packages[0]} with ${manager.command} (first run only)`);
  const logFd = openSync(logPath, 'w', 0o600);
  const run = (command: string, args: readonly string[]) => {
    const [first = command, ...rest] = [...prefix, command, ...args];
    return runQuietly(first, rest, { ...machine, logFd, timeoutMs: stepTimeoutMs });
  };
  try {
    // A stale or partly unreachable index is no reason to give up: the installation itself decides.
    if (manager.refresh !== undefined) await run(manager.command, manager.refresh);
    for (const name of manager.packages) {
      // env(1), because sudo drops the environment; RUNLEVEL=1 keeps sysv hosts from starting the service.
      const settings = ['DEBIAN_FRONTEND=noninteractive', 'RUNLEVEL=1'];
      await run('env', [...settings, manager.command, ...manager.install, name]);
      const command = await find(machine);
      if (command === undefined) continue;
      // Debian starts and enables the service that it installs; we run a server of our own.
      if (manager.command === 'apt-get' && existsSync('/run/systemd/system')) {
        await run('systemctl', ['disable', '--now', name]);
      }
      return command;
    }
    announce(`the installation failed; its output is in ${logPath}`);
    return undefined;
  } finally {
    closeSync(logFd);
  }
}

/** The line that installs Redis on this machine by hand. */
export async function installHint(machine: Machine): Promise<string> {
  const manager = await findManager(machine);
  if (manager === undefined)
    return "install redis-server or valkey-server with your system's package manager";
  const command = [manager.command, ...manager.install.slice(0, 1), manager.packages[0]].join(' ');
  return manager.needsRoot ? `sudo ${command}` : command;
}

async function findManager(machine: Machine): Promise<PackageManager | undefined> {
  for (const manager of managers) {
    if (await runQuietly(manager.command, ['--version'], { ...machine, timeoutMs: 30_000 })) return manager;
  }
  return undefined;
}

/** What to put before a command so that it may install, or undefined when a password would be asked. */
async function privilegePrefix(manager: PackageManager, machine: Machine): Promise<string[] | undefined> {
  const isRoot = machine.isRoot ?? process.getuid?.() === 0;
  if (!manager.needsRoot) return isRoot ? undefined : [];
  if (isRoot) return [];
  const passwordless = await runQuietly('sudo', ['-n', 'true'], { ...machine, timeoutMs: 10_000 });
  return passwordless ? ['sudo', '-n'] : undefined;
}
