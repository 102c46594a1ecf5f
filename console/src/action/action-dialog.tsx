import { Alert, Button, Group, Modal, Stack, Text } from "@mantine/core";
import { type FormErrors, type UseFormReturnType, useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { IconHandStop } from "@tabler/icons-react";
import { zod4Resolver } from "mantine-form-zod-resolver";
import { type ReactNode, useState } from "react";
import * as z from "zod";
import { ApiProblem, NoAnswer } from "../api/api-problem.ts";
import { useRefresh } from "../api/live.ts";
import { ProblemNotice } from "../display/states.tsx";
import { useFocusBack } from "./use-focus-back.ts";

export interface ActionDialogProps<Values extends Record<string, unknown>, Body, Result> {
  /** The deed: `Release hold`. */
  readonly title: string;
  /** What will happen to how much money, in a sentence or two. */
  readonly consequence: ReactNode | ((values: Values) => ReactNode);
  /** The API's schema of the body. */
  readonly schema: z.ZodType<Body>;
  readonly initialValues: Values;
  /** From what people type to what the API takes; problems are shown at fields of the same name. */
  readonly toBody: (values: Values) => unknown;
  readonly fields?: (form: UseFormReturnType<Values>) => ReactNode;
  /** The button's words, which repeat what it does: `Release 2,900.00 USD`. */
  readonly confirm: string | ((values: Values) => string);
  readonly danger?: boolean;
  /** Why the person can't do it, where that is known before they try: shown, and the button stays shut. */
  readonly barred?: string | undefined;
  /** True until it is known whether they can. */
  readonly checking?: boolean;
  /** `key` is the request's Idempotency-Key: the same for each try of this dialog. */
  readonly run: (body: Body, key: string) => Promise<Result>;
  /** What the toast says. */
  readonly done: (result: Result) => ReactNode;
  readonly onClose: () => void;
  /** In place of closing: shows what came of it. */
  readonly onDone?: (result: Result) => void;
}

/**
 * Asks before money moves. The idempotency key is made when the dialog opens, so pressing twice, or again after a lost
 * answer, does it once. A refusal is shown where it was asked for, and what is on the screen behind is read again.
 */
export function ActionDialog<Values extends Record<string, unknown>, Body, Result>(
  props: ActionDialogProps<Values, Body, Result>,
) {
  const { schema, initialValues, toBody, onClose } = props;
  const [key] = useState(() => crypto.randomUUID());
  const [state, setState] = useState<{ busy: boolean; error?: Error }>({ busy: false });
  const refresh = useRefresh();
  useFocusBack();
  const form = useForm<Values>({
    initialValues,
    validate: (values) => inWords(zod4Resolver(z.preprocess(() => toBody(values), schema))(values)),
  });

  async function submit(values: Values) {
    setState({ busy: true });
    try {
      const result = await props.run(schema.parse(toBody(values)), key);
      notifications.show({ message: props.done(result), color: "teal" });
      void refresh();
      if (props.onDone === undefined) onClose();
      else props.onDone(result);
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      setState({ busy: false, error });
      if (error instanceof ApiProblem && error.problem.field !== undefined && error.problem.field in form.values) {
        form.setFieldError(error.problem.field, error.problem.detail);
      }
      void refresh();
    }
  }

  const said = <T,>(value: T | ((values: Values) => T)): T =>
    typeof value === "function" ? (value as (values: Values) => T)(form.values) : value;

  return (
    <Modal opened onClose={onClose} title={props.title} closeOnClickOutside={!state.busy}>
      <form onSubmit={form.onSubmit((values) => void submit(values))} noValidate>
        <Stack gap="md">
          <Text size="sm" component="div" data-consequence>
            {said(props.consequence)}
          </Text>
          {props.fields?.(form)}
          {props.barred !== undefined && (
            <Alert color="yellow" icon={<IconHandStop size={18} stroke={1.6} />}>
              {props.barred}
            </Alert>
          )}
          {state.error !== undefined && <ProblemNotice error={state.error} />}
          {state.error instanceof NoAnswer && (
            <Text size="sm">
              It isn’t known whether it was done. Trying again is safe: it is the same request, and acts once.
            </Text>
          )}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose} disabled={state.busy}>
              Not now
            </Button>
            <Button
              type="submit"
              loading={state.busy || props.checking === true}
              disabled={props.barred !== undefined}
              {...(props.danger ? { color: "red.8" } : {})}
            >
              {said(props.confirm)}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

/** The API's messages complete "… must be"; a dialog's own are sentences already. */
function inWords(errors: FormErrors): FormErrors {
  return Object.fromEntries(
    Object.entries(errors).map(([field, message]) => [
      field,
      typeof message === "string" && /^[a-z]/.test(message) ? `Must be ${message}` : message,
    ]),
  );
}
