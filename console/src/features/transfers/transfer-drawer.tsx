import { Group, Stack, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { RecordActions } from "../../action/record-actions.tsx";
import { answerOf } from "../../api/api-problem.ts";
import { useLive } from "../../api/live.ts";
import { Facts } from "../../display/facts.tsx";
import { CopyableId, Id } from "../../display/ids.tsx";
import { Distance, Instant } from "../../display/instants.tsx";
import { Money } from "../../display/money.tsx";
import { StatusBadge, titled } from "../../display/status-badge.tsx";
import { RecordDrawer } from "../../list/record-drawer.tsx";
import { useApi } from "../../session/console-context.tsx";
import { blockerWords } from "../parts/blocker-words.ts";
import { RecordHistory } from "../parts/record-history.tsx";
import { formatDestination } from "../payouts/destinations.ts";
import { transferActions } from "./transfer-actions.ts";
import { causeOf, describeOutcomeClass, meaningOf, type Transfer } from "./transfer-meaning.ts";
import { TransferStatus } from "./transfer-status.tsx";

/** Everything about one transfer: what its status means, what comes next, its attempts and what was taken back. */
export function TransferDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const api = useApi();
  const query = useLive({
    queryKey: ["transfers", "one", id],
    queryFn: ({ signal }) => answerOf(api.GET("/v2/transfers/{id}", { params: { path: { id } }, signal })),
  });
  return (
    <RecordDrawer title="Transfer" id={id} query={query} onClose={onClose}>
      {(transfer, onAsking) => (
        <Stack gap="lg">
          <Stack gap="xs">
            <Group justify="space-between" gap="xs">
              <Text fw={650} fz="xl">
                <Money amountMinor={transfer.amount} currency={transfer.currency} />
              </Text>
              <TransferStatus transfer={transfer} />
            </Group>
            <Text size="sm">
              To{" "}
              <Link to="/payees/$id" params={{ id: transfer.payee_id }} search={{}} style={underlined}>
                {transfer.payee_id}
              </Link>
              , {formatDestination(transfer.destination)}
            </Text>
            <RecordActions record={transfer} actions={transferActions} onAsking={onAsking} />
          </Stack>
          <WhatNow transfer={transfer} />
          <Attempts transfer={transfer} />
          {transfer.reversals.length > 0 && <Reversals transfer={transfer} />}
          {transfer.settled !== null && <Settlement settled={transfer.settled} />}
          <Origin transfer={transfer} />
          <RecordHistory entityType="transfer" id={transfer.id} />
        </Stack>
      )}
    </RecordDrawer>
  );
}

/** A link within a sentence is told by more than its colour. */
const underlined = { textDecoration: "underline" } as const;

function WhatNow({ transfer }: { transfer: Transfer }) {
  const { means, next } = meaningOf(transfer);
  // A failure is over: its cause is the last answer, and nothing looks at it again.
  const blocker = transfer.status === "failed_terminal" ? null : transfer.blocker;
  return (
    <section>
      <Title order={3} size="h2" mb={4}>
        What it means
      </Title>
      <Text size="sm">{means}</Text>
      <Text size="sm" mt={4}>
        <b>Next:</b> {next}
      </Text>
      {blocker !== null && (
        <Facts
          facts={[
            {
              label: "In the way",
              value: (
                <>
                  {blockerWords(blocker.code)}
                  {blocker.detail !== null && blocker.detail !== transfer.outcome?.message && (
                    <Text size="sm">{blocker.detail}</Text>
                  )}
                </>
              ),
            },
            { label: "Since", value: <Instant at={blocker.since} /> },
            { label: "Whose turn it is", value: titled(blocker.fixable_by) },
            blocker.next_check_at === null || transfer.next_attempt_at !== null
              ? undefined
              : { label: "Looked at again", value: <Distance at={blocker.next_check_at} /> },
          ]}
        />
      )}
    </section>
  );
}

function Attempts({ transfer }: { transfer: Transfer }) {
  const { attempts, unknowns, epoch, outcome, next_attempt_at: next } = transfer;
  return (
    <section>
      <Title order={3} size="h2" mb={4}>
        Attempts
      </Title>
      <Facts
        facts={[
          { label: "Counted", value: attempts, note: "waiting and unclear answers don’t count" },
          unknowns === 0 ? undefined : { label: "Unclear answers", value: unknowns, note: "under this key" },
          { label: "Key", value: epoch, note: "a new one only when nothing was created" },
          { label: "Last try", value: <Instant at={transfer.last_attempt_at} empty="none yet" /> },
          next === null
            ? undefined
            : {
                label: "Next try",
                value: (
                  <>
                    <Instant at={next} />, <Distance at={next} />
                  </>
                ),
              },
          outcome === null
            ? undefined
            : {
                label: "Last answer",
                value: (
                  <>
                    {titled(describeOutcomeClass(outcome.class))} <code>{outcome.code}</code>
                    {outcome.message !== null && <Text size="sm">{outcome.message}</Text>}
                    <Text size="xs" c="dimmed">
                      <Instant at={outcome.at} />
                    </Text>
                  </>
                ),
              },
        ]}
      />
    </section>
  );
}

function Reversals({ transfer: { reversals, reversed_amount: reversed, amount, currency } }: { transfer: Transfer }) {
  return (
    <section>
      <Title order={3} size="h2" mb={4}>
        Taken back
      </Title>
      <Facts
        facts={[
          { label: "In all", value: <Money amountMinor={reversed} currency={currency} /> },
          { label: "Stays with the payee", value: <Money amountMinor={amount - reversed} currency={currency} /> },
          ...reversals.map((reversal) => ({
            label: `Reversal ${reversal.id.slice(reversal.id.lastIndexOf("-r") + 2)}`,
            value: (
              <>
                <Money amountMinor={reversal.amount} currency={currency} /> <StatusBadge status={reversal.status} />
                <Text size="sm">{reversal.reason}</Text>
                {reversal.failure_reason !== null && (
                  <Text size="sm">
                    <code>{reversal.failure_code}</code> {reversal.failure_reason}
                  </Text>
                )}
                <Text size="xs" c="dimmed" component="div">
                  {reversal.requested_by}, <Instant at={reversal.requested_at} />
                  {reversal.provider_reversal_id !== null && (
                    <>
                      , <Id id={reversal.provider_reversal_id} />
                    </>
                  )}
                </Text>
              </>
            ),
          })),
        ]}
      />
    </section>
  );
}

function Settlement({ settled }: { settled: NonNullable<Transfer["settled"]> }) {
  return (
    <section>
      <Title order={3} size="h2" mb={4}>
        Settled by hand
      </Title>
      <Facts
        facts={[
          { label: "Found", value: settled.outcome === "completed" ? "The money moved" : "Nothing was created" },
          { label: "Evidence", value: settled.evidence },
          { label: "By", value: settled.by },
          { label: "At", value: <Instant at={settled.at} /> },
        ]}
      />
    </section>
  );
}

function Origin({ transfer }: { transfer: Transfer }) {
  const { payout_id: payout, placement_id: placement, provider_transfer_id: reference } = transfer;
  const cause = causeOf(transfer);
  return (
    <section>
      <Title order={3} size="h2" mb={4}>
        Facts
      </Title>
      <Facts
        facts={[
          {
            label: "Payout",
            value: (
              <Link to="/payouts/$id" params={{ id: payout }} search={{}}>
                <Id id={payout} />
              </Link>
            ),
          },
          {
            label: cause.name,
            value: (
              <Link to={cause.to} search={cause.search}>
                <Id id={transfer.cause_entity_id} />
              </Link>
            ),
          },
          placement === null ? undefined : { label: "Placement", value: placement },
          { label: "Provider", value: titled(transfer.provider) },
          { label: "Provider’s id", value: reference === null ? "none yet" : <CopyableId id={reference} /> },
          { label: "Transfer", value: <CopyableId id={transfer.id} />, note: "the transfer group at Stripe" },
          { label: "Created", value: <Instant at={transfer.created_at} /> },
          { label: "Completed", value: <Instant at={transfer.completed_at} empty="not yet" /> },
          transfer.paid_out_at === null
            ? undefined
            : { label: "Paid out to the bank", value: <Instant at={transfer.paid_out_at} /> },
        ]}
      />
    </section>
  );
}
