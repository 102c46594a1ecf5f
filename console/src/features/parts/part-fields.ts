import * as z from "zod";
import { formatMoney } from "../../display/money.tsx";
import { startOfDay } from "../../list/days.ts";

/** An amount of at most so many minor units; the messages stand at the field. */
export function amountUpTo(maximumMinor: number, currency: string) {
  const most = `At most ${formatMoney(maximumMinor, currency)}`;
  return z.int({ error: "An amount" }).min(1, { error: "More than nothing" }).max(maximumMinor, { error: most });
}

/** The instant at which a picked day begins; undefined while none is picked. */
export function instantOf(day: string | null): string | undefined {
  return day === null || day === "" ? undefined : startOfDay(day.slice(0, 10));
}

/** An instant after a certain one, epoch milliseconds. */
export function instantAfter(afterMs: number, tooEarly: string) {
  return z.iso
    .datetime({ offset: true, error: "A day" })
    .refine((instant) => Date.parse(instant) > afterMs, { error: tooEarly });
}

/** Why something is done: everybody who reads the audit log later wants to know. */
export const reasonField = z.string().min(1, { error: "A reason" }).max(500, { error: "At most 500 characters" });
