import type { Fact } from "../../display/facts.tsx";
import { Instant } from "../../display/instants.tsx";
import { titled } from "../../display/status-badge.tsx";
import type { Wire } from "../../session/me.ts";
import { countOf, describeLateness } from "./due-state.ts";

type Fired = Pick<Wire["EscrowHold"], "planned_at" | "fired_at" | "release_path" | "lateness_seconds">;
type DateRule = Wire["EscrowHold"]["date_rule"];

const paths: Readonly<Record<string, string>> = {
  scheduler: "by its own schedule",
  sweep: "by the sweep",
  manual: "by hand",
  event: "by an event",
  resume: "when sending was resumed",
};

/** `by hand`: what set it off. */
export function describePath(path: string): string {
  return paths[path] ?? titled(path).toLowerCase();
}

/** `90 days from 2026-06-14, in UTC`: where the date comes from. */
export function describeRule({ start_date: start, days, time_zone: zone }: NonNullable<DateRule>): string {
  return `${countOf(days, "day")} from ${start}, in ${zone}`;
}

/** When it was to go out, when it did, how and how late; nothing before it has. */
export function firingFacts(fired: Fired): readonly (Fact | undefined)[] {
  const { planned_at: planned, fired_at: at, release_path: path, lateness_seconds: late } = fired;
  if (at === null) return [];
  return [
    planned === null ? undefined : { label: "Planned for", value: <Instant at={planned} /> },
    { label: "Set off", value: <Instant at={at} /> },
    path === null ? undefined : { label: "How", value: describePath(path) },
    late === null || planned === null ? undefined : { label: "Lateness", value: describeLateness(late) },
  ];
}
