import { Text, TextInput, type TextInputProps } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import type { ScopedRole } from "../../../../shared/domain/model.ts";
import { ApiProblem, answerOf } from "../../api/api-problem.ts";
import { useLive } from "../../api/live.ts";
import { useApi } from "../../session/console-context.tsx";

const TYPING_MS = 400;

/** The payee or company that a person with a scoped role is. A payee is looked up, so that a slip shows before it is granted. */
export function ScopeField({ role, ...input }: TextInputProps & { role: ScopedRole }) {
  return (
    <div>
      <TextInput
        label={role === "payee" ? "Payee" : "Company"}
        description={`The id of the ${role} that the person is; they see its records and no others`}
        withAsterisk
        {...input}
      />
      {role === "payee" && <PayeeName id={String(input.value ?? "").trim()} />}
    </div>
  );
}

function PayeeName({ id }: { id: string }) {
  const api = useApi();
  const [asked] = useDebouncedValue(id, TYPING_MS);
  const { data, error, isPlaceholderData } = useLive({
    queryKey: ["payees", asked, "name"],
    queryFn: ({ signal }) => answerOf(api.GET("/v2/payees/{id}", { params: { path: { id: asked } }, signal })),
    enabled: asked !== "",
    still: true,
  });
  const unknown = error instanceof ApiProblem && error.problem.status === 404;
  const known = data !== undefined && !isPlaceholderData && error === null ? data.data.name : undefined;
  return (
    <Text size="sm" mt={4} aria-live="polite">
      {asked !== "" && asked === id && (unknown ? `There is no payee ${asked}: the person would see nothing` : known)}
    </Text>
  );
}
