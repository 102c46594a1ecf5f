import { List, TextInput, Title } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { payeeOperations } from "../../../../shared/api/contract/payees.ts";
import { ActionDialog } from "../../action/action-dialog.tsx";
import { answerOf } from "../../api/api-problem.ts";
import { formatMoney } from "../../display/money.tsx";
import { useApi } from "../../session/console-context.tsx";
import { DestinationFields } from "./destination-fields.tsx";
import { PayeeFields } from "./payee-fields.tsx";
import {
  changedFields,
  correctionBody,
  creationBody,
  type DraftDestination,
  emptyDraft,
  noValues,
  type Payee,
  type PayeeValues,
  valuesOfPayee,
} from "./payee-values.ts";

interface CreationValues extends PayeeValues {
  readonly payee_id: string;
  readonly destinations: readonly DraftDestination[];
}

/** Enters a payee that no other system has told of; leads to their page. */
export function CreatePayeeDialog({ id = "", onClose }: { id?: string | undefined; onClose: () => void }) {
  const api = useApi();
  const navigate = useNavigate();
  return (
    <ActionDialog
      title="Create a payee"
      consequence="Nothing is paid by this. The first destinations can be used at once; later changes have to cool off."
      schema={payeeOperations.createPayee.body}
      initialValues={
        { ...noValues, payee_id: id, destinations: [emptyDraft("stripe")] } satisfies CreationValues as CreationValues
      }
      toBody={creationBody}
      fields={(form) => (
        <>
          <TextInput
            label="Id"
            description="Your own: letters, digits, “.”, “_”, “:” and “-”. It can’t be changed later."
            withAsterisk
            data-autofocus
            {...form.getInputProps("payee_id")}
          />
          <PayeeFields form={form} />
          <Title order={3} size="h2">
            Destinations
          </Title>
          <DestinationFields
            destinations={form.values.destinations}
            error={form.errors.destinations}
            inputProps={(path) => form.getInputProps(path)}
            onInsert={(draft) => form.insertListItem("destinations", draft)}
            onRemove={(index) => form.removeListItem("destinations", index)}
            onMove={(move) => form.reorderListItem("destinations", move)}
          />
        </>
      )}
      confirm="Create"
      run={(body) => answerOf(api.POST("/v2/payees", { body }))}
      done={({ data }) => `${data.name} created`}
      onClose={onClose}
      onDone={({ data }) => {
        onClose();
        void navigate({ to: "/payees/$id", params: { id: data.id }, search: {} });
      }}
    />
  );
}

const labels: Readonly<Record<keyof PayeeValues & string, string>> = {
  name: "Name",
  email: "E-mail",
  country: "Country",
  default_currency: "Default currency",
  tier: "Tier",
  payout_frequency: "Paid how often",
  minimum_payout: "Minimum payout",
  verified: "Verified",
};

/** Corrects what is known of a payee; the destinations have a dialog of their own. */
export function EditPayeeDialog({ record, onClose }: { record: Payee; onClose: () => void }) {
  const api = useApi();
  const before = valuesOfPayee(record);
  return (
    <ActionDialog
      title={`Edit ${record.name}`}
      consequence={(values) => <Changes before={before} after={values} />}
      schema={payeeOperations.updatePayee.body}
      initialValues={before}
      toBody={(values) => correctionBody(before, values)}
      fields={(form) => <PayeeFields form={form} />}
      confirm="Save"
      run={(body) =>
        answerOf(
          api.PATCH("/v2/payees/{id}", {
            params: { path: { id: record.id }, header: { "If-Match": `"${record.version}"` } },
            body,
          }),
        )
      }
      done={() => "Saved"}
      onClose={onClose}
    />
  );
}

function Changes({ before, after }: { before: PayeeValues; after: PayeeValues }) {
  const changed = changedFields(before, after);
  if (changed.length === 0) return <>What is changed here is listed before it is saved.</>;
  return (
    <List size="sm">
      {changed.map((field) => (
        <List.Item key={field}>
          {labels[field]}: {spell(field, before)} → <b>{spell(field, after)}</b>
        </List.Item>
      ))}
    </List>
  );
}

function spell(field: keyof PayeeValues & string, values: PayeeValues): string {
  const value = values[field];
  if (field === "minimum_payout" && typeof value === "number") return formatMoney(value, values.default_currency);
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "string" && value.trim() !== "" ? value.trim() : "nothing";
}
