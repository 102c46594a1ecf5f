import { actionPk, actorPk, dayPk } from "../audit/items.ts";
import type { AuditIndex, AuditIndexEntry, AuditReader } from "../audit/reader.ts";
import { addMs, isCalendarDate } from "../domain/dates.ts";
import { createMerge } from "./merged-pages.ts";

/** Where entries come from: one partition of an index. */
export interface AuditSource {
  readonly index: AuditIndex;
  readonly partition: string;
}

export interface Stretch {
  readonly ascending: boolean;
  /** Sort keys between which entries lie. */
  readonly from: string;
  readonly to: string;
}

interface Bounds extends Stretch {
  /** Entries wanted. */
  readonly limit: number;
  /** Entries that may be read for them. */
  readonly budget: number;
}

export interface EntryPage {
  readonly entries: readonly AuditIndexEntry[];
  /** Index entries read. */
  readonly read: number;
  /** Nothing is left in the stretch. */
  readonly done: boolean;
  /** Everything up to this sort key has been read; undefined at the end. */
  readonly position: string | undefined;
}

type PlacedEntry = AuditIndexEntry & { readonly position: string };

/**
 * Several partitions as one list in the order of time. Where more than the budget would have to be read the page is short
 * and says from where to go on; one entry of each partition is always read.
 */
export async function mergedEntries(
  reader: AuditReader,
  sources: readonly AuditSource[],
  { limit, budget, ...stretch }: Bounds,
): Promise<EntryPage> {
  const merge = createMerge<AuditSource, PlacedEntry>({
    sources,
    descending: !stretch.ascending,
    read: async ({ index, partition }, position, count) => {
      const rest = position === undefined ? stretch : after(position, stretch);
      if (rest.from > rest.to) return { entries: [], isEnd: true };
      const { entries, more } = await reader.entries(index, partition, { ...rest, limit: count });
      return { entries: entries.map((entry) => ({ ...entry, position: entry.daySk })), isEnd: !more };
    },
  });
  const entries = await merge.take(limit, Math.max(budget, sources.length));
  const done = merge.hasEnded();
  return { entries, read: merge.entriesRead(), done, position: done ? undefined : entries.at(-1)?.position };
}

export function actionSources(organizationId: string, actions: readonly string[]): AuditSource[] {
  return actions.map((action) => ({ index: "byAction", partition: actionPk(organizationId, action) }));
}

export function actorSource(organizationId: string, actorId: string): AuditSource {
  return { index: "byActor", partition: actorPk(organizationId, actorId) };
}

/** What is left of a stretch after a position: a sort key or a day that has been read to. */
export function after(position: string, stretch: Stretch): Stretch {
  if (stretch.ascending) return { ...stretch, from: `${position}\u0000` };
  if (isCalendarDate(position)) return { ...stretch, to: `${nextDay(position, -1)}\uffff` };
  const last = position.charCodeAt(position.length - 1);
  return { ...stretch, to: `${position.slice(0, -1)}${String.fromCharCode(last - 1)}\uffff` };
}

const DAY_MS = 86_400_000;
/** Day partitions of one page. */
const MAX_DAYS = 40;
const MAX_DAYS_AT_ONCE = 8;

function nextDay(day: string, step: 1 | -1): string {
  return addMs(`${day}T00:00:00.000Z`, step * DAY_MS).slice(0, 10);
}

/**
 * Everything of an organization in the order of time, day by day: at first one day, then several at once as long as they
 * hold little. After 40 days the page ends, however much it has.
 */
export async function dailyEntries(
  reader: AuditReader,
  organizationId: string,
  { ascending, from, to, limit, budget }: Bounds,
): Promise<EntryPage> {
  const step = ascending ? 1 : -1;
  const [start, end] = ascending ? [from, to] : [to, from];
  const lastDay = end.slice(0, 10);
  const isBeyond = (day: string) => (ascending ? day > lastDay : day < lastDay);
  const entries: AuditIndexEntry[] = [];
  let day = start.slice(0, 10);
  let read = 0;
  let days = 0;
  let atOnce = 1;
  while (!isBeyond(day) && days < MAX_DAYS && entries.length < limit && read < budget) {
    const group: string[] = [];
    for (; group.length < Math.min(atOnce, MAX_DAYS - days) && !isBeyond(day); day = nextDay(day, step))
      group.push(day);
    const sources = group.map((one): AuditSource => ({ index: "byDay", partition: dayPk(organizationId, one) }));
    const bounds = { ascending, from, to, limit: limit - entries.length, budget: budget - read };
    const page = await mergedEntries(reader, sources, bounds);
    entries.push(...page.entries);
    read += page.read;
    if (!page.done) return { entries, read, done: false, position: page.position };
    days += group.length;
    const perDay = Math.ceil(page.entries.length / group.length);
    atOnce = Math.max(
      1,
      Math.min(MAX_DAYS_AT_ONCE, atOnce * 2, Math.floor((limit - entries.length) / Math.max(1, perDay))),
    );
  }
  if (isBeyond(day)) return { entries, read, done: true, position: undefined };
  // The days up to here are read; descending, the day itself is still to come.
  return { entries, read, done: false, position: ascending ? day : nextDay(day, 1) };
}
