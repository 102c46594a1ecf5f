import { Checkbox, Select, SimpleGrid, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { supportedCurrencies } from "../../../../shared/domain/currencies.ts";
import { MoneyInput } from "../../action/money-input.tsx";
import type { PayeeValues } from "./payee-values.ts";

const fallbackCurrency = "USD";

/** The fields of a payee, for a new one and for one that is corrected. */
export function PayeeFields<Values extends PayeeValues>({ form }: { form: UseFormReturnType<Values> }) {
  const { default_currency: currency, minimum_payout: minimum } = form.values;
  return (
    <>
      <TextInput label="Name" withAsterisk {...form.getInputProps("name")} />
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
        <Select
          label="Default currency"
          withAsterisk
          data={[...supportedCurrencies()]}
          searchable
          allowDeselect={false}
          {...form.getInputProps("default_currency")}
          value={currency === "" ? null : currency}
        />
        <TextInput
          label="Country"
          description="Two letters, such as DE"
          inputWrapperOrder={["label", "input", "description", "error"]}
          maxLength={2}
          {...form.getInputProps("country")}
          onChange={(event) => form.getInputProps("country").onChange(event.currentTarget.value.toUpperCase())}
        />
      </SimpleGrid>
      <TextInput label="E-mail" type="email" {...form.getInputProps("email")} />
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
        <TextInput label="Tier" {...form.getInputProps("tier")} />
        <TextInput label="Paid how often" {...form.getInputProps("payout_frequency")} />
      </SimpleGrid>
      <MoneyInput
        label="Minimum payout"
        description="In the default currency"
        currency={currency === "" ? fallbackCurrency : currency}
        value={minimum}
        onChange={(amountMinor) => form.getInputProps("minimum_payout").onChange(amountMinor)}
        error={form.errors.minimum_payout}
      />
      <Checkbox
        label="Verified: somebody has checked who this is"
        {...form.getInputProps("verified", { type: "checkbox" })}
      />
    </>
  );
}
