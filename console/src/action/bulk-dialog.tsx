import { Button, Group, List, Modal, Stack, Text } from "@mantine/core";
import { type ReactNode, useState } from "react";
import type * as z from "zod";
import { ApiProblem, type Problem } from "../api/api-problem.ts";
import { Id } from "../display/ids.tsx";
import { describe } from "../display/states.tsx";
import { ActionDialog, type ActionDialogProps } from "./action-dialog.tsx";

export interface BulkAnswer {
  readonly results: readonly (
    | { readonly id: string; readonly ok: true }
    | { readonly id: string; readonly ok: false; readonly problem: Problem }
  )[];
  readonly summary: { readonly succeeded: number; readonly failed: number };
}

interface BulkDialogProps<Values extends Record<string, unknown>, Body>
  extends Pick<
    ActionDialogProps<Values, Body, BulkAnswer>,
    "title" | "consequence" | "confirm" | "danger" | "initialValues" | "toBody" | "fields" | "run" | "onClose"
  > {
  readonly schema: z.ZodType<Body>;
  /** `12 holds released`. */
  readonly succeeded: (count: number) => ReactNode;
}

/** The same deed for several records. Each stands for itself: what was refused is listed with its reason. */
export function BulkDialog<Values extends Record<string, unknown>, Body>(props: BulkDialogProps<Values, Body>) {
  const { succeeded, ...dialog } = props;
  const [answer, setAnswer] = useState<BulkAnswer>();
  if (answer === undefined) {
    return (
      <ActionDialog<Values, Body, BulkAnswer>
        {...dialog}
        done={({ summary }) =>
          summary.failed === 0 ? succeeded(summary.succeeded) : `${summary.succeeded} done, ${summary.failed} refused`
        }
        onDone={(result) => (result.summary.failed === 0 ? props.onClose() : setAnswer(result))}
      />
    );
  }
  return (
    <Modal opened onClose={props.onClose} title={props.title}>
      <Stack>
        <Text size="sm">
          {succeeded(answer.summary.succeeded)}. {answer.summary.failed} refused:
        </Text>
        <List size="sm" spacing="xs">
          {answer.results.flatMap((result) =>
            result.ok
              ? []
              : [
                  <List.Item key={result.id}>
                    <Id id={result.id} />: {describe(new ApiProblem(result.problem))}
                  </List.Item>,
                ],
          )}
        </List>
        <Group justify="flex-end">
          <Button onClick={props.onClose}>Close</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
