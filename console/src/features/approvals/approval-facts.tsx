import { Alert, List, Stack } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import type { UseQueryResult } from "@tanstack/react-query";
import { useServerMinute } from "../../api/server-clock.ts";
import { Facts } from "../../display/facts.tsx";
import { formatDate, formatMoment, Instant } from "../../display/instants.tsx";
import { formatMoney, formatSums } from "../../display/money.tsx";
import { LoadingLines, ProblemNotice } from "../../display/states.tsx";
import { spelled } from "../../display/status-badge.tsx";
import type { Wire } from "../../session/me.ts";
import { useApprovalRules } from "../payouts/approval-rules.ts";
import { currentDestination, destinationChanged, formatDestination } from "../payouts/destinations.ts";
import { isHighValue, limitLeft, type Payout, votesMissing } from "../payouts/payout-duties.ts";
import type { PayoutParts } from "../payouts/payout-parts.ts";

interface ApprovalFactsProps {
  readonly payout: Payout;
  readonly payee: UseQueryResult<Wire["Payee"]>;
  readonly parts: UseQueryResult<PayoutParts>;
}

/** What somebody has to know before they approve: how much goes to whom, where to and when, and who has agreed so far. */
export function ApprovalFacts({ payout, payee, parts }: ApprovalFactsProps) {
  const rules = useApprovalRules();
  const { amount, currency, payee_id, created_by, created_at, approval_votes: votes, notes } = payout;
  const error = payee.error ?? parts.error;
  if (error !== null) return <ProblemNotice error={error} />;
  if (payee.data === undefined || parts.data === undefined) return <LoadingLines lines={4} />;
  const current = currentDestination(payee.data);
  const changed = destinationChanged(payout, payee.data);
  const given = changed ? 0 : votes.length;
  const left = limitLeft(currency, rules);
  return (
    <Stack gap="sm">
      <div>
        <b>{formatMoney(amount, currency)}</b> for <b>{payee.data.name}</b> ({payee_id}).
      </div>
      <Facts
        facts={[
          { label: "Goes to", value: current === undefined ? "nowhere yet" : formatDestination(current) },
          { label: "Paid", value: <ScheduleLines parts={parts.data} /> },
          { label: "In escrow", value: <HoldLines parts={parts.data} /> },
          fact("Company", payout.company_id),
          fact("Placement", payout.placement_id),
          {
            label: "Created",
            value: (
              <>
                by {created_by}, <Instant at={created_at} />
              </>
            ),
          },
          {
            label: "Approved so far",
            value: given === 0 ? "by nobody" : votes.map(({ by, role }) => `${by} (${spelled(role)})`).join(", "),
          },
          left === undefined
            ? undefined
            : { label: "Your limit", value: `${formatMoney(left, currency)} left of these 24 hours` },
          fact("Notes", notes),
        ]}
      />
      <DestinationWarning payout={payout} payee={payee.data} />
      <ApprovalEffect
        payout={payout}
        payee={payee.data}
        parts={parts.data}
        missing={changed ? (isHighValue(payout, rules) ? 2 : 1) : votesMissing(payout, rules)}
      />
    </Stack>
  );
}

const fact = (label: string, value: string | null) => (value === null ? undefined : { label, value });

function ScheduleLines({ parts: { schedules } }: { parts: PayoutParts }) {
  if (schedules.length === 0) return "nothing: all of it is held";
  return schedules.map(({ id, amount, currency, scheduled_date, trigger_event }) => (
    <div key={id}>
      {formatMoney(amount, currency)}
      {scheduled_date === null
        ? ` when it is triggered: ${spelled(trigger_event)}`
        : ` on ${formatDate(scheduled_date)}`}
    </div>
  ));
}

function HoldLines({ parts: { holds } }: { parts: PayoutParts }) {
  if (holds.length === 0) return "nothing";
  return holds.map(({ id, hold_amount, currency, release_date, hold_reason }) => (
    <div key={id}>
      {formatMoney(hold_amount, currency)} until {formatDate(release_date)}: {spelled(hold_reason)}
    </div>
  ));
}

function DestinationWarning({ payout, payee }: { payout: Payout; payee: Wire["Payee"] }) {
  const nowMs = useServerMinute();
  const current = currentDestination(payee);
  if (current === undefined) {
    return (
      <Alert variant="default" icon={<IconAlertTriangle size={18} />} title="No destination">
        {payee.name} has none that can be paid. Nothing is sent until one is entered, and then it goes there without
        another approval: better wait for it.
      </Alert>
    );
  }
  if (!destinationChanged(payout, payee) && payout.approval_state !== "void") return null;
  const usableFrom = payee.destination_usable_from;
  return (
    <Alert variant="default" icon={<IconAlertTriangle size={18} />} title="The destination has changed">
      You approve {formatDestination(current)}
      {payout.destination !== null &&
        destinationChanged(payout, payee) &&
        ` in place of ${formatDestination(payout.destination)}`}
      . Approvals for what was there before don’t count any more.
      {usableFrom !== null &&
        Date.parse(usableFrom) > nowMs &&
        ` It isn’t used before ${formatMoment(usableFrom)}: make sure by then that ${payee.name} has asked for it.`}
    </Alert>
  );
}

interface ApprovalEffectProps {
  readonly payout: Payout;
  readonly payee: Wire["Payee"];
  readonly parts: PayoutParts;
  readonly missing: number;
}

/** What the click causes, in the order in which it happens. */
function ApprovalEffect({ payout: { currency }, payee, parts: { schedules, holds }, missing }: ApprovalEffectProps) {
  const nowMs = useServerMinute();
  const isPast = (instant: string | null) => instant !== null && Date.parse(instant) <= nowMs;
  const dueSchedules = schedules.filter((each) => each.status === "pending" && isPast(each.scheduled_date));
  const dueHolds = holds.filter((each) => each.status === "active" && isPast(each.release_date));
  const due = [...dueSchedules.map(({ amount }) => amount), ...dueHolds.map(({ hold_amount }) => hold_amount)];
  return (
    <List size="sm" spacing={4}>
      {missing > 1 ? (
        <List.Item>High value takes two people: after you it waits for one more, and nothing is sent yet.</List.Item>
      ) : (
        <>
          <List.Item>With this it is approved. Each part is sent by itself when it is due.</List.Item>
          {due.length > 0 && (
            <List.Item>
              <b>{formatSums(due.map((amountMinor) => ({ amountMinor, currency })))}</b> is due already and is sent{" "}
              {whenSent(payee, nowMs)}.
            </List.Item>
          )}
        </>
      )}
      <List.Item>Who approves it can’t send it: triggering and releasing by hand is for somebody else.</List.Item>
    </List>
  );
}

/** When what is due goes out, once nobody's approval is missing. */
function whenSent(payee: Wire["Payee"], nowMs: number): string {
  const from = payee.destination_usable_from;
  if (currentDestination(payee) === undefined) return "once there is a destination";
  return from === null || Date.parse(from) <= nowMs
    ? "at once"
    : `when the new destination is used, ${formatMoment(from)}`;
}
