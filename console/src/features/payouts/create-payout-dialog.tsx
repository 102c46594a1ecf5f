import { Group, Select, Stack, Switch, Text, Textarea, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import * as z from "zod";
import { payoutOperations } from "../../../../shared/api/contract/payouts.ts";
import { supportedCurrencies } from "../../../../shared/domain/currencies.ts";
import { ActionDialog } from "../../action/action-dialog.tsx";
import { MoneyInput } from "../../action/money-input.tsx";
import { onOneLine } from "../../action/one-line.ts";
import { answerOf } from "../../api/api-problem.ts";
import { formatDate } from "../../display/instants.tsx";
import { formatMoney } from "../../display/money.tsx";
import { useApi } from "../../session/console-context.tsx";
import type { Wire } from "../../session/me.ts";
import { DayField } from "../parts/day-field.tsx";
import { holdReasons, reasonNames } from "../parts/hold-reasons.ts";
import { instantOf } from "../parts/part-fields.ts";
import { useApprovalRules } from "./approval-rules.ts";
import { currentDestination, formatDestination } from "./destinations.ts";
import { PayeePicker } from "./payee-picker.tsx";
import type { ApprovalRules } from "./payout-duties.ts";

/** When what isn't held is paid: on a date, or by somebody's or something's trigger. */
const occasions = {
  manual: "When somebody triggers it",
  date: "On a date",
  milestone_reached: "When the placement reaches its milestone",
  contract_signed: "When the placement’s contract is signed",
} as const;

interface CreationValues extends Record<string, unknown> {
  payee_id: string;
  amount: number | undefined;
  currency: string;
  company_id: string;
  placement_id: string;
  notes: string;
  occasion: keyof typeof occasions;
  schedule: { scheduled_date: string | null };
  isHeld: boolean;
  hold: {
    amount: number | undefined;
    release_date: string | null;
    hold_reason: (typeof holdReasons)[number];
    reason: string;
  };
}

const initialValues: CreationValues = {
  payee_id: "",
  amount: undefined,
  currency: "USD",
  company_id: "",
  placement_id: "",
  notes: "",
  occasion: "manual",
  schedule: { scheduled_date: null },
  isHeld: false,
  hold: { amount: undefined, release_date: null, hold_reason: "verification", reason: "" },
};

const given = (text: string) => (text.trim() === "" ? undefined : onOneLine(text));

/** What the form makes of its values, before anything is checked. */
interface CreationBody {
  readonly payee_id: string;
  readonly amount: number | undefined;
  readonly currency: string;
  readonly company_id: string | undefined;
  readonly placement_id: string | undefined;
  readonly notes: string | undefined;
  readonly schedule:
    | { readonly scheduled_date: string }
    | { readonly trigger_event: string; readonly scheduled_date?: never };
  readonly hold?: {
    readonly amount: number | undefined;
    readonly release_date: string | undefined;
    readonly hold_reason: string;
    readonly reason: string | undefined;
  };
}

function toBody(values: CreationValues): CreationBody {
  const { occasion, schedule, isHeld, hold, payee_id, amount, currency } = values;
  const isDated = occasion === "date";
  return {
    payee_id,
    amount,
    currency,
    company_id: given(values.company_id),
    placement_id: given(values.placement_id),
    notes: given(values.notes),
    schedule: isDated
      ? // An empty date is refused at its field; without one the payout would wait for somebody's trigger.
        { scheduled_date: instantOf(schedule.scheduled_date) ?? "" }
      : { trigger_event: occasion },
    ...(isHeld
      ? {
          hold: {
            amount: hold.amount,
            release_date: instantOf(hold.release_date),
            hold_reason: hold.hold_reason,
            reason: given(hold.reason),
          },
        }
      : {}),
  };
}

/** What is still empty is said in plain words; everything else is the API's own schema. */
const creationBody = z.unknown().superRefine(requireFields).pipe(payoutOperations.createPayout.body);

function requireFields(body: unknown, context: z.RefinementCtx): void {
  const { payee_id, amount, currency, schedule, hold } = body as Partial<CreationBody>;
  const missing = (path: readonly string[], message: string) =>
    context.addIssue({ code: "custom", path: [...path], message, input: body });
  if (payee_id === "") missing(["payee_id"], "A payee");
  if (amount === undefined) missing(["amount"], "An amount");
  if (schedule?.scheduled_date === "") missing(["schedule", "scheduled_date"], "A day");
  if (hold === undefined) return;
  if (hold.amount === undefined) missing(["hold", "amount"], "An amount");
  else if (amount !== undefined && currency !== undefined && hold.amount > amount) {
    missing(["hold", "amount"], `At most ${formatMoney(amount, currency)}`);
  }
  if (hold.release_date === undefined) missing(["hold", "release_date"], "A day");
}

/** A payout that follows from nothing but a person's decision. It waits for somebody else's approval. */
export function CreatePayoutDialog({ onClose }: { onClose: () => void }) {
  const api = useApi();
  const navigate = useNavigate();
  const rules = useApprovalRules();
  const [payee, setPayee] = useState<Wire["Payee"]>();
  return (
    <ActionDialog
      title="Create a payout"
      consequence="A payout of your own making. Somebody else has to approve it before any money moves."
      schema={creationBody}
      initialValues={initialValues}
      toBody={toBody}
      fields={(form) => <CreationFields form={form} payee={payee} onPayee={setPayee} rules={rules} />}
      confirm={({ amount, currency }) => (amount === undefined ? "Create" : `Create ${formatMoney(amount, currency)}`)}
      run={(body, key) => answerOf(api.POST("/v2/payouts", { params: { header: { "Idempotency-Key": key } }, body }))}
      done={({ data }) =>
        `Created: ${formatMoney(data.amount, data.currency)} for ${data.payee_id}. It waits for approval`
      }
      onClose={onClose}
      onDone={({ data }) => void navigate({ to: "/payouts/$id", params: { id: data.id }, search: {} })}
    />
  );
}

interface OutlookProps {
  readonly values: CreationValues;
  readonly payee: Wire["Payee"] | undefined;
  readonly rules: ApprovalRules | undefined;
}

/** What will happen, as far as it has been filled in. */
function Outlook({ values: { amount, currency, occasion, schedule, isHeld, hold }, payee, rules }: OutlookProps) {
  if (amount === undefined) return null;
  const held = isHeld ? Math.min(hold.amount ?? 0, amount) : 0;
  const isHighValue = rules !== undefined && amount >= (rules.highValueFrom[currency] ?? 0);
  const date = instantOf(schedule.scheduled_date);
  const destination = payee === undefined ? undefined : currentDestination(payee);
  const when =
    occasion !== "date"
      ? spelledStart(occasions[occasion])
      : date === undefined
        ? "on a date"
        : `on ${formatDate(date)}`;
  const release = instantOf(hold.release_date);
  return (
    <>
      <b>{formatMoney(amount, currency)}</b>
      {payee !== undefined && (
        <>
          {" "}
          for <b>{payee.name}</b>
        </>
      )}{" "}
      waits for the approval of {isHighValue ? "two other people: it is high value" : "somebody else"}. Then{" "}
      {held === amount ? "all of it" : `${formatMoney(amount - held, currency)} is paid ${when}`}
      {held > 0 && held < amount && `, and ${formatMoney(held, currency)}`}
      {held > 0 && ` stays in escrow${release === undefined ? "" : ` until ${formatDate(release)}`}`}.
      {payee !== undefined &&
        (destination === undefined
          ? " The payee has no destination that can be paid: nothing is sent until there is one."
          : ` It goes to ${formatDestination(destination)}.`)}
    </>
  );
}

const spelledStart = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

interface CreationFieldsProps {
  readonly form: UseFormReturnType<CreationValues>;
  readonly payee: Wire["Payee"] | undefined;
  readonly onPayee: (payee: Wire["Payee"] | undefined) => void;
  readonly rules: ApprovalRules | undefined;
}

function CreationFields({ form, payee, onPayee, rules }: CreationFieldsProps) {
  const { currency, occasion, isHeld, placement_id } = form.values;
  const choose = (chosen: Wire["Payee"] | undefined) => {
    onPayee(chosen);
    form.setFieldValue("payee_id", chosen?.id ?? "");
    if (chosen !== undefined && form.values.amount === undefined)
      form.setFieldValue("currency", chosen.default_currency);
  };
  const usable = Object.entries(occasions).filter(
    ([name]) => name === "manual" || name === "date" || placement_id !== "",
  );
  return (
    <Stack gap="sm">
      <PayeePicker value={payee} onChange={choose} error={form.errors.payee_id} />
      <Group grow align="flex-start">
        <MoneyInput
          label="Amount"
          withAsterisk
          currency={currency}
          value={form.values.amount}
          onChange={(amount) => form.setFieldValue("amount", amount)}
          error={form.errors.amount}
        />
        <Select
          label="Currency"
          withAsterisk
          searchable
          allowDeselect={false}
          data={[...supportedCurrencies()]}
          {...form.getInputProps("currency")}
        />
      </Group>
      <Group grow align="flex-start">
        <TextInput label="Placement" {...form.getInputProps("placement_id")} />
        <TextInput label="Company" {...form.getInputProps("company_id")} />
      </Group>
      <Select
        label="When it is paid"
        allowDeselect={false}
        data={usable.map(([value, label]) => ({ value, label }))}
        {...form.getInputProps("occasion")}
      />
      {occasion === "date" && <DayField label="Paid on" required {...form.getInputProps("schedule.scheduled_date")} />}
      <Switch label="Keep part of it in escrow" {...form.getInputProps("isHeld", { type: "checkbox" })} />
      {isHeld && (
        <>
          <Group grow align="flex-start">
            <MoneyInput
              label="In escrow"
              withAsterisk
              currency={currency}
              value={form.values.hold.amount}
              onChange={(amount) => form.setFieldValue("hold.amount", amount)}
              error={form.errors["hold.amount"]}
            />
            <Select
              label="Because of"
              allowDeselect={false}
              data={holdReasons.map((value) => ({ value, label: reasonNames[value] }))}
              {...form.getInputProps("hold.hold_reason")}
            />
          </Group>
          <DayField label="Until" required {...form.getInputProps("hold.release_date")} />
          <TextInput label="What it is about" {...form.getInputProps("hold.reason")} />
        </>
      )}
      <Textarea label="Notes" description="Shown with the payout" {...form.getInputProps("notes")} />
      <Text size="sm" component="div" data-consequence>
        <Outlook values={form.values} payee={payee} rules={rules} />
      </Text>
    </Stack>
  );
}
