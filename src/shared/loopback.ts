import { isIPv4 } from 'node:net';

/** Whether an address to listen on, or a request's host without its port, means this machine to itself alone. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return name === 'localhost' || name === '::1' || (isIPv4(name) && name.startsWith('127.'));
}

/**
 * Whether a request's Host header names the loopback. A page in a browser on this machine may reach a loopback address under a name
 * of its own (DNS rebinding); its requests carry that name.
 */
export function namesLoopback(header: unknown): boolean {
  if (typeof header !== 'string') return false;
  const host = /^(\[[0-9a-f:.]+\]|[^:/@\s]+)(?::\d*)?$/i.exec(header)?.[1];
  return host !== undefined && isLoopback(host);
}
