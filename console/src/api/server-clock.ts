import { useSyncExternalStore } from "react";

/**
 * The server's time, from the `Date` of its answers: a browser's own clock may be wrong, and the local cloud's can be
 * moved. Accurate to about a second.
 */
let offsetMs = 0;
let minute = Math.floor(Date.now() / 60_000);
const listeners = new Set<() => void>();

export function observeServerTime(response: Response): void {
  const date = Date.parse(response.headers.get("date") ?? "");
  if (Number.isNaN(date)) return;
  const seen = date - Date.now();
  // The header has whole seconds: a smaller difference is its rounding.
  if (Math.abs(seen - offsetMs) < 2_000) return;
  offsetMs = seen;
  announce();
}

/** Epoch milliseconds. */
export function serverNow(): number {
  return Date.now() + offsetMs;
}

function announce(): void {
  minute = Math.floor(serverNow() / 60_000);
  for (const listener of listeners) listener();
}

setInterval(() => {
  if (Math.floor(serverNow() / 60_000) !== minute) announce();
}, 5_000);

/** The server's time to the minute, epoch milliseconds; renders again each minute and when the clock is moved. */
export function useServerMinute(): number {
  return useSyncExternalStore(subscribe, () => minute) * 60_000;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
