import { formatMoney } from "../../display/money.tsx";
import {
  type AmountField,
  amountFields,
  cidrLines,
  draftOf,
  type Settings,
  type SettingsDraft,
} from "./settings-draft.ts";

type Trigger = Settings["policy"]["trigger_event"];
type Approval = Settings["policy"]["approval"];

export const triggerWords: Readonly<Record<Trigger, string>> = {
  guarantee_period_end: "At the end of the guarantee",
  milestone_reached: "When the milestone is reached",
  contract_signed: "When the contract is signed",
  manual: "When somebody triggers it",
};

export const approvalWords: Readonly<Record<Approval, string>> = {
  auto: "Automatic: nobody has to approve, high value included",
  manual: "By people: one approver, two for high value",
};

interface Words {
  readonly label: string;
  readonly description: string;
}

/** What a setting is called and what it does: the same where it is read and where it is changed. */
export const settingWords: Readonly<Record<keyof SettingsDraft, Words>> = {
  holdback_percentage: { label: "Held back", description: "Of each payout, until its guarantee is over" },
  guarantee_days: {
    label: "Guarantee",
    description: "Whole calendar days from the placement’s start, in the time zone below",
  },
  trigger_event: {
    label: "The rest is paid",
    description: "What has to happen before the part that isn’t held back is sent",
  },
  approval: { label: "Approval", description: "Of payouts that placements bring" },
  time_zone: { label: "Time zone", description: "In which days and working hours are counted" },
  cooling_off_hours: {
    label: "Cooling-off",
    description: "For which nothing is sent to a destination that was changed",
  },
  working_hours: {
    label: "Working hours",
    description: "Sensitive actions outside of them are flagged in the activity log; nothing is refused",
  },
  allowed_cidrs: {
    label: "Allowed addresses",
    description:
      "From where high value can be approved and sent, destinations, roles and settings changed, and sending resumed",
  },
  high_value_amounts: {
    label: "High value from",
    description: "Such a payout takes a permission of its own and two approvers. In other currencies every payout does",
  },
  approver_limit_amounts: {
    label: "One approver’s limit",
    description: "That one person may approve in any 24 hours. No limit in other currencies",
  },
};

const DEFAULT = "the default";
const NOTHING = "nothing";

export function percentText(percent: number): string {
  return `${percent} %`;
}

export function daysText(days: number): string {
  return days === 1 ? "1 day" : `${days} days`;
}

export function hoursText(hours: number): string {
  return hours === 1 ? "1 hour" : `${hours} hours`;
}

/** `07:00 to 19:00`; all day where there are none. */
export function workingHoursText(hours: SettingsDraft["working_hours"]): string {
  const clock = (hour: number | "") => `${String(hour).padStart(2, "0")}:00`;
  return hours === null ? "all day" : `${clock(hours.from)} to ${clock(hours.to)}`;
}

export function cidrsText(ranges: readonly string[]): string {
  return ranges.length === 0 ? "every address" : ranges.join(", ");
}

/** One setting that will be different. */
export interface SettingChange {
  readonly label: string;
  readonly from: string;
  readonly to: string;
}

/** What will be different, as people say it, in the order of the page. */
export function changesOf(draft: SettingsDraft, base: Settings): SettingChange[] {
  const before = draftOf(base);
  const text = {
    holdback_percentage: (value: SettingsDraft) => given(value.holdback_percentage, percentText),
    guarantee_days: (value: SettingsDraft) => given(value.guarantee_days, daysText),
    trigger_event: (value: SettingsDraft) => given(value.trigger_event, (trigger) => triggerWords[trigger]),
    approval: (value: SettingsDraft) => given(value.approval, (approval) => approvalWords[approval]),
    time_zone: (value: SettingsDraft) => given(value.time_zone, (zone) => zone),
    cooling_off_hours: (value: SettingsDraft) => given(value.cooling_off_hours, hoursText),
    working_hours: (value: SettingsDraft) => workingHoursText(value.working_hours),
    allowed_cidrs: (value: SettingsDraft) => cidrsText(cidrLines(value.allowed_cidrs)),
  } satisfies Readonly<Partial<Record<keyof SettingsDraft, (value: SettingsDraft) => string>>>;
  const single = Object.entries(text).flatMap(([field, textOf]) => {
    const [from, to] = [textOf(before), textOf(draft)];
    return from === to ? [] : [{ label: settingWords[field as keyof typeof text].label, from, to }];
  });
  return [...single, ...amountFields.flatMap((field) => amountChangesOf(field, draft, before))];
}

function given<Value>(value: Value | "" | null, text: (value: Exclude<Value, "" | null>) => string): string {
  if (value === null) return DEFAULT;
  return value === "" ? NOTHING : text(value as Exclude<Value, "" | null>);
}

/** What holds where a currency has no amount of its own. */
const withoutAmount: Readonly<Record<AmountField, string>> = {
  high_value_amounts: "the default",
  approver_limit_amounts: "no limit",
};

function amountChangesOf(field: AmountField, draft: SettingsDraft, before: SettingsDraft): SettingChange[] {
  const currencies = new Set([...before[field], ...draft[field]].map(({ currency }) => currency));
  return [...currencies].toSorted().flatMap((currency) => {
    const textIn = (rows: SettingsDraft[AmountField]) => {
      const amount = rows.find((row) => row.currency === currency)?.amount;
      if (amount === undefined) return withoutAmount[field];
      return amount === "" ? NOTHING : formatMoney(amount, currency);
    };
    const [from, to] = [textIn(before[field]), textIn(draft[field])];
    return from === to ? [] : [{ label: `${settingWords[field].label}, ${currency}`, from, to }];
  });
}
