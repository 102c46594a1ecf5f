import { Text } from "@mantine/core";
import { Instant } from "../../display/instants.tsx";
import { formatMoney } from "../../display/money.tsx";
import { StatusBadge, spelled } from "../../display/status-badge.tsx";
import classes from "./payout.module.css";
import { type ApprovalRules, awaitsApproval, isHighValue, type Payout, votesMissing } from "./payout-duties.ts";
import type { TimelineLine } from "./timeline-lines.ts";

interface WhoApprovedProps {
  readonly payout: Payout;
  readonly rules: ApprovalRules | undefined;
  /** Who rejected it is known from its history alone. */
  readonly lines: readonly TimelineLine[];
}

/** Who approved a payout, when, and against which limit; what is missing; who rejected it and why. */
export function WhoApproved({ payout, rules, lines }: WhoApprovedProps) {
  const { approval_state, approval_votes: votes, approved_by, approved_at, rejected_reason, currency } = payout;
  const byPolicy = votes.length === 0 && approval_state === "approved";
  return (
    <div className={classes.votes}>
      <div>
        <StatusBadge
          status={approval_state}
          label={approval_state === "void" ? "void: what was approved has changed" : approval_state}
        />
      </div>
      {byPolicy && (
        <div>
          By <b>{approved_by ?? "nobody"}</b>, <Instant at={approved_at} />
          <Text size="xs" c="dimmed">
            {payout.approval_mode === "auto"
              ? "Automatically: the policy asks for no person"
              : "Without a vote on record"}
          </Text>
        </div>
      )}
      {votes.map(({ by, role, at, approved_amount, limit_amount }) => (
        <div key={by}>
          <b>{by}</b> ({spelled(role)}), <Instant at={at} />
          <Text size="xs" c="dimmed">
            {formatMoney(approved_amount, currency)} in 24 hours
            {limit_amount === null ? ", no limit" : ` of at most ${formatMoney(limit_amount, currency)}`}
          </Text>
        </div>
      ))}
      {awaitsApproval(payout) && <Missing payout={payout} rules={rules} />}
      {rejected_reason !== null && <Rejected reason={rejected_reason} line={lines.find(isRejection)} />}
    </div>
  );
}

const isRejection = ({ newStatus, kind }: TimelineLine) => kind === "payout" && newStatus === "rejected";

function Missing({ payout, rules }: { payout: Payout; rules: ApprovalRules | undefined }) {
  const missing = votesMissing(payout, rules);
  return (
    <Text size="sm">
      {missing === 1 ? "One person has" : `${missing} people have`} to approve it
      {payout.approval_votes.length > 0 && " as well"}
      {isHighValue(payout, rules) && ": it is high value"}.
    </Text>
  );
}

function Rejected({ reason, line }: { reason: string; line: TimelineLine | undefined }) {
  return (
    <div>
      {line !== undefined && (
        <>
          By <b>{line.actor}</b>, <Instant at={line.at} />
        </>
      )}
      <div className={classes.reason}>{reason}</div>
    </div>
  );
}
