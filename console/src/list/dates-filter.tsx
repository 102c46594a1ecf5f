import "@mantine/dates/styles.css";
import { DatePicker } from "@mantine/dates";
import { useServerMinute } from "../api/server-clock.ts";
import { dayOf, endOfDay, laterDay, startOfDay } from "./days.ts";
import type { FilterEditorProps } from "./filter-bar.tsx";

const presets = [
  { label: "Today", days: [0, 0] },
  { label: "Last 7 days", days: [-6, 0] },
  { label: "Last 30 days", days: [-29, 0] },
  { label: "Next 7 days", days: [0, 6] },
  { label: "Next 30 days", days: [0, 29] },
] as const;

/** Days, in the browser's time zone; the address has the instants where the first begins and the last ends. */
export function DatesFilter({ filter, state }: FilterEditorProps) {
  const { from, to } = state.search;
  const today = dayOf(useServerMinute());
  return (
    <DatePicker
      type="range"
      allowSingleDateInRange
      aria-label={filter.label}
      defaultDate={shownDay(from) ?? today}
      getDayProps={(day) => (day === today ? { "data-today": true } : {})}
      value={[shownDay(from), shownDay(to)]}
      presets={presets.map(({ label, days: [first, last] }) => ({
        label,
        value: [laterDay(today, first), laterDay(today, last)] as [string, string],
      }))}
      onChange={([first, last]) =>
        state.change({
          from: first === null ? undefined : startOfDay(first.slice(0, 10)),
          to: last === null ? undefined : endOfDay(last.slice(0, 10)),
        })
      }
    />
  );
}

/** Addresses are typed as well: what is no instant shows no day. */
function shownDay(instant: string | undefined): string | null {
  const ms = Date.parse(instant ?? "");
  return Number.isNaN(ms) ? null : dayOf(ms);
}
