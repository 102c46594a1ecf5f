import { Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { type ReactNode, useState } from "react";
import { answerOf } from "../../api/api-problem.ts";
import { useLive } from "../../api/live.ts";
import { useApi } from "../../session/console-context.tsx";
import type { Wire } from "../../session/me.ts";

const OFFERED = 100;
const PAUSE_MS = 250;
/** What the API takes as a payee's id. */
const ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;

interface PayeePickerProps {
  readonly value: Wire["Payee"] | undefined;
  readonly onChange: (payee: Wire["Payee"] | undefined) => void;
  readonly error?: ReactNode;
}

/** The newest payees by name or id; any other by its whole id. */
export function PayeePicker({ value, onChange, error }: PayeePickerProps) {
  const api = useApi();
  const [text, setText] = useState("");
  const [asked] = useDebouncedValue(text.trim(), PAUSE_MS);
  const newest = useLive({
    queryKey: ["payees", "newest"],
    queryFn: ({ signal }) => answerOf(api.GET("/v2/payees", { params: { query: { limit: OFFERED } }, signal })),
    still: true,
  });
  const offered = newest.data?.data ?? [];
  const isListed = offered.some((payee) => payee.id === asked || labelOf(payee) === asked);
  const found = useLive({
    queryKey: ["payees", "with-id", asked],
    queryFn: ({ signal }) => answerOf(api.GET("/v2/payees", { params: { query: { q: asked } }, signal })),
    enabled: newest.data?.pagination.next_cursor !== null && ID.test(asked) && !isListed,
  });
  const payees = new Map(
    [...offered, ...(found.data?.data ?? []), ...(value === undefined ? [] : [value])].map((payee) => [
      payee.id,
      payee,
    ]),
  );
  return (
    <Select
      label="Payee"
      description="By name or id"
      withAsterisk
      searchable
      data-autofocus
      data={[...payees.values()].map((payee) => ({ value: payee.id, label: labelOf(payee) }))}
      value={value?.id ?? null}
      onChange={(id) => onChange(id === null ? undefined : payees.get(id))}
      searchValue={text}
      onSearchChange={setText}
      nothingFoundMessage={newest.data === undefined ? "Looking …" : "No such payee: type the whole id"}
      limit={50}
      error={error}
      comboboxProps={{ withinPortal: true }}
    />
  );
}

function labelOf({ id, name }: Wire["Payee"]): string {
  return `${name} · ${id}`;
}
