import { StatusBadge, spelled } from "../../display/status-badge.tsx";
import { blockerWords, detailSentence } from "../parts/blocker-words.ts";
import classes from "../parts/parts.module.css";
import { StatusWithReason } from "../parts/status-with-reason.tsx";
import type { Hold } from "./hold-actions.ts";

/** The decision, and beside it how the money stands: a released hold's transfer may still be on its way. */
export function HoldStatus({ hold: { status, transfer_status: transfer, blocker } }: { hold: Hold }) {
  if (blocker !== null) {
    return (
      <StatusWithReason
        status={status}
        mark={blockerWords(blocker.code)}
        why={blocker.detail === null ? undefined : detailSentence(blocker.detail)}
      />
    );
  }
  return (
    <span className={classes.status}>
      <StatusBadge status={status} />
      {transfer !== null && <MoneyMark transfer={transfer} of={status === "active" ? "a part " : ""} />}
    </span>
  );
}

/** How the transfer of the release stands; of a hold that goes on it is that of the last part. */
function MoneyMark({ transfer, of }: { transfer: string; of: string }) {
  if (transfer === "completed") return <span className={classes.mark}>{of}paid</span>;
  return <StatusBadge status={transfer} label={`${of === "" ? "transfer" : "part"} ${spelled(transfer)}`} />;
}
