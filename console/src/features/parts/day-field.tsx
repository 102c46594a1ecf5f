import "@mantine/dates/styles.css";
import { DateInput } from "@mantine/dates";
import type { ReactNode } from "react";
import { useServerMinute } from "../../api/server-clock.ts";
import { dayOf, laterDay } from "../../list/days.ts";

interface DayFieldProps {
  readonly label: string;
  readonly description?: ReactNode;
  readonly required?: boolean;
  /** `2027-03-01`, or null while none is picked. */
  readonly value?: string | null;
  readonly onChange?: (day: string | null) => void;
  readonly error?: ReactNode;
  /** The first day that can be picked; tomorrow where none is given. */
  readonly from?: string;
}

/** A day to come, typed (`2027-03-01`, `1 Mar 2027`) or picked, in the browser's time zone. */
export function DayField({ required, from, ...field }: DayFieldProps) {
  const today = dayOf(useServerMinute());
  const earliest = from ?? laterDay(today, 1);
  return (
    <DateInput
      {...field}
      withAsterisk={required ?? false}
      valueFormat="D MMM YYYY"
      dateParser={readDay}
      minDate={earliest}
      defaultDate={field.value ?? earliest}
      clearable={!required}
      popoverProps={{ withinPortal: true }}
    />
  );
}

/** What people write as a date; null for what is none. */
function readDay(typed: string): string | null {
  const ms = Date.parse(/^\d{4}-\d{2}-\d{2}$/.test(typed.trim()) ? `${typed.trim()}T00:00:00` : typed);
  return Number.isNaN(ms) ? null : dayOf(ms);
}
