import classes from "./display.module.css";

type Tone = "good" | "busy" | "waiting" | "bad" | "quiet";

/** Tones of every status of every record, and of risk levels: the same word has the same colour everywhere. */
const tones: Readonly<Record<string, Tone>> = {
  completed: "good",
  paid: "good",
  released: "good",
  approved: "good",
  intact: "good",
  usable: "good",
  open: "good",
  low: "quiet",
  active: "busy",
  processing: "busy",
  partially_paid: "busy",
  requested: "busy",
  pending: "waiting",
  pending_approval: "waiting",
  retryable: "waiting",
  awaiting_funds: "waiting",
  awaiting_payee: "waiting",
  due_now: "waiting",
  cooling_off: "waiting",
  medium: "waiting",
  paused: "waiting",
  overdue: "bad",
  failed: "bad",
  failed_terminal: "bad",
  outcome_unknown: "bad",
  rejected: "bad",
  broken: "bad",
  high: "bad",
  critical: "bad",
  void: "bad",
  tripped: "bad",
};

/** A word for a status with a dot, so that colour isn't the only sign. */
export function StatusBadge({ status, label }: { status: string; label?: string }) {
  return (
    <span className={classes.badge} data-tone={tones[status] ?? "quiet"}>
      {label ?? spelled(status)}
    </span>
  );
}

/** `pending_approval` → `pending approval`. */
export function spelled(name: string): string {
  return name.replaceAll("_", " ");
}

/** `pending_approval` → `Pending approval`. */
export function titled(name: string): string {
  const words = spelled(name);
  return words.charAt(0).toUpperCase() + words.slice(1);
}
