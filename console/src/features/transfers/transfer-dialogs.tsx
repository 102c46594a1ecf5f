import { Alert, Button, Group, List, Modal, Radio, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import * as z from "zod";
import { transferOperations } from "../../../../shared/api/contract/transfers.ts";
import { ActionDialog } from "../../action/action-dialog.tsx";
import { MoneyInput } from "../../action/money-input.tsx";
import { onOneLine } from "../../action/one-line.ts";
import { answerOf } from "../../api/api-problem.ts";
import { useServerMinute } from "../../api/server-clock.ts";
import { CopyableId } from "../../display/ids.tsx";
import { formatMoment } from "../../display/instants.tsx";
import { formatMoney } from "../../display/money.tsx";
import { titled } from "../../display/status-badge.tsx";
import { useApi } from "../../session/console-context.tsx";
import type { Wire } from "../../session/me.ts";
import { formatDestination } from "../payouts/destinations.ts";

interface TransferDialogProps {
  readonly record: Wire["Transfer"];
  readonly onClose: () => void;
}

/** The provider's lists lag: only this long after the last call does an empty one prove anything. */
const PROOF_AFTER_MS = 15 * 60_000;

/** The API's body, with words of its own for a choice that wasn't made. */
const settleBody = z
  .looseObject({ outcome: z.enum(["completed", "not_created"], { error: "one of the two" }) })
  .pipe(transferOperations.settleTransfer.body);

const outcomeOptions = {
  completed: { label: "The money moved", description: "The provider has a transfer for it" },
  not_created: { label: "Nothing was created", description: "The provider has no transfer for it" },
} as const;

/** Says what became of a transfer whose outcome is unknown, after a look at the provider's own records. */
export function SettleDialog({ record, onClose }: TransferDialogProps) {
  const api = useApi();
  const nowMs = useServerMinute();
  const { id, amount, currency, payee_id: payee, provider, last_attempt_at: lastAttempt } = record;
  const money = formatMoney(amount, currency);
  const providerName = titled(provider);
  const provenMs = lastAttempt === null ? 0 : Date.parse(lastAttempt) + PROOF_AFTER_MS;
  const tooEarly = nowMs < provenMs;
  return (
    <ActionDialog
      title="Settle an unknown outcome"
      consequence={({ outcome }) => (
        <Stack gap="sm">
          <div>
            It isn’t known whether <b>{money}</b> reached <b>{payee}</b>. Look the transfer up at {providerName} before
            you settle it:
          </div>
          <List size="sm" spacing={4} type="ordered">
            <List.Item>
              Search {providerName} for this transfer’s id, which it keeps as the transfer group:
              <CopyableId id={id} />
            </List.Item>
            <List.Item>Compare the amount and the destination, {formatDestination(record.destination)}.</List.Item>
          </List>
          {outcome === "completed" && (
            <div>
              <b>{money}</b> is booked as paid to <b>{payee}</b> and is never sent again.
            </div>
          )}
          {outcome === "not_created" && (
            <Alert color="red" icon={<IconAlertTriangle size={18} />} title="A wrong answer pays twice">
              The transfer fails and can be sent again under a new key. If {providerName} did make it, sending again
              pays {payee} a second <b>{money}</b>.
              {tooEarly && (
                <Text size="sm" mt={4}>
                  Refused before {formatMoment(new Date(provenMs).toISOString())}: {providerName}’s lists lag behind the
                  last call.
                </Text>
              )}
            </Alert>
          )}
        </Stack>
      )}
      schema={settleBody}
      initialValues={{ outcome: "", provider_transfer_id: "", evidence: "" }}
      toBody={({ outcome, provider_transfer_id: providerId, evidence }) => ({
        outcome,
        evidence: onOneLine(evidence),
        ...(outcome === "completed" ? { provider_transfer_id: providerId.trim() } : {}),
      })}
      fields={(form) => (
        <>
          <Radio.Group label="What the provider shows" withAsterisk {...form.getInputProps("outcome")}>
            <Stack gap="xs" mt={6}>
              {Object.entries(outcomeOptions).map(([value, { label, description }]) => (
                <Radio key={value} value={value} label={label} description={description} />
              ))}
            </Stack>
          </Radio.Group>
          {form.values.outcome === "completed" && (
            <TextInput
              label={`${providerName}’s id of the transfer`}
              description="Copied from the provider, not typed"
              withAsterisk
              {...form.getInputProps("provider_transfer_id")}
            />
          )}
          <Textarea
            label="Evidence"
            description="Where you looked and what you found; kept in the audit log"
            withAsterisk
            autosize
            minRows={2}
            {...form.getInputProps("evidence")}
          />
        </>
      )}
      confirm={({ outcome }) =>
        outcome === "" ? "Settle" : outcome === "completed" ? `Settle: ${money} moved` : `Settle: ${money} never moved`
      }
      danger
      run={(body, key) =>
        answerOf(
          api.POST("/v2/transfers/{id}/settle", {
            params: { path: { id }, header: { "Idempotency-Key": key } },
            body,
          }),
        )
      }
      done={({ data }) =>
        data.status === "completed" ? `Settled: ${money} is booked as paid` : `Settled: ${money} was never sent`
      }
      onClose={onClose}
    />
  );
}

/** Takes money of a completed transfer back, all that is left of it or a part. */
export function ReverseDialog({ record, onClose }: TransferDialogProps) {
  const api = useApi();
  const { id, amount, currency, reversed_amount: reversed, payee_id: payee, provider } = record;
  const left = amount - reversed;
  const providerName = titled(provider);
  const wanted = ({ part, amount: typed }: ReverseValues) => (part === "some" ? typed : left);
  const error = `an amount up to ${formatMoney(left, currency)}`;
  return (
    <ActionDialog<ReverseValues, ReverseBody, { data: Wire["Transfer"] }>
      title="Reverse a transfer"
      consequence={(values) => {
        const back = wanted(values);
        return (
          <Stack gap="xs">
            <div>
              <b>{back === undefined ? "The amount" : formatMoney(back, currency)}</b> is taken back from <b>{payee}</b>
              : out of {formatDestination(record.destination)}, into the platform’s balance there. This can’t be undone,
              and it isn’t sent again by itself.
            </div>
            {back !== undefined && back < left && (
              <div>
                {formatMoney(left - back, currency)} of the {formatMoney(amount, currency)} stays with {payee}.
              </div>
            )}
            {reversed > 0 && <div>{formatMoney(reversed, currency)} was taken back before.</div>}
            <div>
              It is done within moments; {providerName} may refuse it, for instance when the payee’s balance is short.
              The transfer shows what came of it.
            </div>
          </Stack>
        );
      }}
      schema={reverseBody.extend({ amount: z.int({ error }).min(1, { error }).max(left, { error }).optional() })}
      initialValues={{ part: "all", amount: undefined, reason: "" }}
      toBody={(values) => ({
        reason: onOneLine(values.reason),
        // Left out it would mean all: a part that isn't typed yet is 0, which is refused.
        ...(values.part === "some" ? { amount: values.amount ?? 0 } : {}),
      })}
      fields={(form) => (
        <>
          <Radio.Group label="How much" {...form.getInputProps("part")}>
            <Stack gap="xs" mt={6}>
              <Radio
                value="all"
                label={`${reversed > 0 ? "All that is left" : "All of it"}: ${formatMoney(left, currency)}`}
              />
              <Radio value="some" label="A part" />
            </Stack>
          </Radio.Group>
          {form.values.part === "some" && (
            <MoneyInput
              label="Amount"
              description={`At most ${formatMoney(left, currency)}`}
              withAsterisk
              currency={currency}
              value={form.values.amount}
              onChange={(amountMinor) => form.setFieldValue("amount", amountMinor)}
              error={form.errors.amount}
            />
          )}
          <Textarea
            label="Reason"
            description="Kept in the audit log"
            withAsterisk
            autosize
            minRows={2}
            {...form.getInputProps("reason")}
          />
        </>
      )}
      confirm={(values) => {
        const back = wanted(values);
        return back === undefined ? "Reverse a part" : `Reverse ${formatMoney(back, currency)}`;
      }}
      danger
      run={(body, key) =>
        answerOf(
          api.POST("/v2/transfers/{id}/reverse", {
            params: { path: { id }, header: { "Idempotency-Key": key } },
            body,
          }),
        )
      }
      done={() => "Asked for: the transfer shows what comes of it"}
      onClose={onClose}
    />
  );
}

const reverseBody = transferOperations.reverseTransfer.body;

interface ReverseValues extends Record<string, unknown> {
  readonly part: "all" | "some";
  /** Minor units. */
  readonly amount: number | undefined;
  readonly reason: string;
}

type ReverseBody = z.output<typeof reverseBody>;

/** A link within a sentence is told by more than its colour. */
const underlined = { textDecoration: "underline" } as const;

/** A failed transfer is sent again through its payout or its schedule, where the duties are checked: says so and leads there. */
export function SendAgainDialog({ record, onClose }: TransferDialogProps) {
  const { amount, currency, payee_id: payee, payout_id: payout, outcome } = record;
  const bySchedule = record.cause_entity_type === "payout_schedule";
  const money = formatMoney(amount, currency);
  return (
    <Modal opened onClose={onClose} title="Send a failed transfer again">
      <Stack gap="md">
        <Text size="sm">
          <b>{money}</b> was never sent to <b>{payee}</b>. Once the cause is gone, the same transfer is sent again,
          under a new key: nothing was created under the old one.
        </Text>
        {outcome?.message && <Text size="sm">The last answer: {outcome.message}</Text>}
        <List size="sm" spacing="xs">
          <List.Item>
            <Link to="/payouts/$id" params={{ id: payout }} search={{}} style={underlined} onClick={onClose}>
              Retry the payout
            </Link>{" "}
            sends everything of it that failed.
          </List.Item>
          {bySchedule && (
            <List.Item>
              <Link
                to="/payout-schedules"
                search={{ open: record.cause_entity_id }}
                style={underlined}
                onClick={onClose}
              >
                Trigger the schedule
              </Link>{" "}
              sends this part alone.
            </List.Item>
          )}
        </List>
        <Text size="sm" c="dimmed">
          Whoever created or approved the payout can’t send it.
        </Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Close
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
