import { setTimeout as sleepFor } from "node:timers/promises";
import type { Surroundings } from "../commands/run.ts";
import { createStore } from "../store/store.ts";
import { createDocumentClient } from "./clients.ts";

/** The real clock, randomness and table: the only place where commands get them from. */
export function createWorld(tableName: string, client = createDocumentClient()): Surroundings {
  const store = createStore({ client, tableName });
  return { store, now: Date.now, random: Math.random, sleep: (ms) => sleepFor(ms) };
}
