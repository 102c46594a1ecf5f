import { Tooltip } from "@mantine/core";
import { StatusBadge } from "../../display/status-badge.tsx";
import { blockerWords } from "../parts/blocker-words.ts";
import { pendingReversal, type Transfer } from "./transfer-meaning.ts";

/** The status, and what goes beyond it: taken back in part, or being taken back. Where it is stuck it tells why. */
export function TransferStatus({ transfer }: { transfer: Transfer }) {
  const { status, reversed_amount: reversed } = transfer;
  const why = whyNotCompleted(transfer);
  const badges = (
    <>
      <StatusBadge status={status} />
      {pendingReversal(transfer) !== undefined && <StatusBadge status="requested" label="reversal under way" />}
      {status === "completed" && reversed > 0 && <StatusBadge status="reversed" label="partly reversed" />}
    </>
  );
  if (why === undefined) return <span>{badges}</span>;
  return (
    <Tooltip label={why} events={{ hover: true, focus: true, touch: true }}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the reason has to be reachable by keyboard as well */}
      <span tabIndex={0}>{badges}</span>
    </Tooltip>
  );
}

/** Why it isn't completed, in the provider's or the system's words; undefined where there is nothing to say. */
function whyNotCompleted({ status, outcome, blocker }: Transfer): string | undefined {
  if (status === "completed" || status === "reversed") return undefined;
  return blocker?.detail ?? outcome?.message ?? (blocker === null ? outcome?.code : blockerWords(blocker.code));
}
