import { List, Select, Stack, Text, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import * as z from "zod";
import { isScoped, permissionsOf, rankOf, roleOf } from "../../../../shared/access/roles.ts";
import { roleOperations } from "../../../../shared/api/contract/roles.ts";
import { type Role, scopedRoles, staffRoles } from "../../../../shared/domain/model.ts";
import { ActionDialog } from "../../action/action-dialog.tsx";
import { answerOf } from "../../api/api-problem.ts";
import { spelled, titled } from "../../display/status-badge.tsx";
import { useApi, useConsole } from "../../session/console-context.tsx";
import type { Me } from "../../session/me.ts";
import { permissionWords } from "./permission-words.ts";
import type { Assignment } from "./role-list.tsx";
import { ScopeField } from "./scope-field.tsx";

interface DialogProps {
  readonly record: Assignment;
  readonly onClose: () => void;
}

interface RoleValues extends Record<string, unknown> {
  readonly role: string;
  readonly scope_id: string;
  readonly label: string;
}

interface GrantValues extends RoleValues {
  readonly subject: string;
}

const SOON = "It holds within 30 seconds.";

/** The body of a form: a scope only where the role has one, so that changing the role leaves nothing behind. */
function scopeOf({ role, scope_id }: RoleValues): { scope_id?: string } {
  const named = roleOf(role);
  return named !== undefined && isScoped(named) ? { scope_id: scope_id.trim() } : {};
}

/** Roles that the person may give: their own level and below, and those outside of the ladder. */
function rolesFor({ role }: Me): { value: string; label: string }[] {
  const most = rankOf(role);
  const staff = staffRoles.filter((one) => rankOf(one) <= most).toReversed();
  return [...staff, ...scopedRoles].map((value) => ({ value, label: titled(value) }));
}

function RoleFields<Values extends RoleValues>({ form }: { form: UseFormReturnType<Values> }) {
  const { me } = useConsole();
  const role = roleOf(form.values.role);
  return (
    <>
      <Select
        label="Role"
        description="At most your own level"
        data={rolesFor(me)}
        allowDeselect={false}
        {...form.getInputProps("role")}
      />
      {role !== undefined && isScoped(role) && <ScopeField role={role} {...form.getInputProps("scope_id")} />}
      <TextInput label="Label" description="For people: a name or an e-mail address" {...form.getInputProps("label")} />
    </>
  );
}

/** What a role brings or takes, against the one before. */
function Difference({ before, after }: { before: Role | undefined; after: Role }) {
  const had = permissionsOf(before);
  const has = permissionsOf(after);
  const gained = has.filter((permission) => !had.includes(permission));
  const lost = had.filter((permission) => !has.includes(permission));
  return (
    <Stack gap={4} mt="xs">
      {gained.length > 0 && (
        <>
          <Text size="sm">{had.length === 0 ? "They may:" : "They may from now on:"}</Text>
          <List size="sm">
            {gained.map((permission) => (
              <List.Item key={permission}>{permissionWords[permission]}</List.Item>
            ))}
          </List>
        </>
      )}
      {lost.length > 0 && (
        <>
          <Text size="sm">They may no longer:</Text>
          <List size="sm">
            {lost.map((permission) => (
              <List.Item key={permission}>{permissionWords[permission]}</List.Item>
            ))}
          </List>
        </>
      )}
      {has.length === 0 && <Text size="sm">They see only what is their own, through the API.</Text>}
    </Stack>
  );
}

interface GrantDialogProps {
  readonly onClose: () => void;
  /** What is filled in already. */
  readonly given?: Partial<GrantValues>;
}

export function GrantDialog({ onClose, given = {} }: GrantDialogProps) {
  const api = useApi();
  const { me } = useConsole();
  const schema = roleOperations.grantRole.body.refine(({ subject }) => subject !== me.subject, {
    path: ["subject"],
    error: "somebody else: nobody grants a role to themselves",
  });
  return (
    <ActionDialog<GrantValues, { subject: string; role: Role; scope_id?: string; label?: string }, Answer>
      title="Grant a role"
      consequence={({ subject, role: name }) => {
        const role = roleOf(name);
        return (
          <>
            <b>{subject.trim() === "" ? "The person" : subject.trim()}</b> gets a role in <b>{me.organization_id}</b>.{" "}
            {SOON}
            {role !== undefined && <Difference before={undefined} after={role} />}
          </>
        );
      }}
      schema={schema}
      initialValues={{ subject: "", role: "viewer", scope_id: "", label: "", ...given }}
      toBody={({ subject, role, label, ...rest }) => ({
        subject: subject.trim(),
        role,
        ...scopeOf({ role, label, ...rest }),
        ...(label.trim() === "" ? {} : { label: label.trim() }),
      })}
      fields={(form) => (
        <>
          <TextInput
            label="Subject"
            description="As the identity provider names the person in their token; not yourself"
            withAsterisk
            data-autofocus
            {...form.getInputProps("subject")}
          />
          <RoleFields form={form} />
        </>
      )}
      confirm={({ role }) => `Grant ${spelled(role)}`}
      run={(body) => answerOf(api.POST("/v2/roles", { body }))}
      done={({ data: { id, role } }) => `${id} is ${spelled(role)} now`}
      onClose={onClose}
    />
  );
}

interface Answer {
  readonly data: Assignment;
}

/** To a person whose role was revoked. */
export function GrantAgainDialog({ record: { id, role, scope_id, label }, onClose }: DialogProps) {
  return <GrantDialog onClose={onClose} given={{ subject: id, role, scope_id: scope_id ?? "", label: label ?? "" }} />;
}

export function ChangeDialog({ record, onClose }: DialogProps) {
  const api = useApi();
  const { id, version } = record;
  return (
    <ActionDialog<RoleValues, { role?: Role; scope_id?: string; label?: string | null }, Answer>
      title={`Change ${id}`}
      consequence={({ role: name }) => {
        const role = roleOf(name);
        if (role === undefined || role === record.role) return `${id} stays ${spelled(record.role)}.`;
        return (
          <>
            <b>{id}</b> becomes <b>{spelled(role)}</b> in place of {spelled(record.role)}. {SOON}
            <Difference before={record.role} after={role} />
          </>
        );
      }}
      schema={roleOperations.changeRole.body}
      initialValues={{ role: record.role, scope_id: record.scope_id ?? "", label: record.label ?? "" }}
      toBody={(values) => ({
        role: values.role,
        ...scopeOf(values),
        label: values.label.trim() === "" ? null : values.label.trim(),
      })}
      fields={(form) => <RoleFields form={form} />}
      confirm={({ role }) => (role === record.role ? "Save" : `Make ${spelled(role)}`)}
      run={(body) =>
        answerOf(
          api.PATCH("/v2/roles/{subject}", {
            params: { path: { subject: id }, header: { "If-Match": `"${version}"` } },
            body,
          }),
        )
      }
      done={({ data }) => (data.version === version ? "Nothing was different" : `${id} is ${spelled(data.role)} now`)}
      onClose={onClose}
    />
  );
}

export function RevokeDialog({ record: { id, role }, onClose }: DialogProps) {
  const api = useApi();
  const { me } = useConsole();
  return (
    <ActionDialog
      title={`Revoke ${id}’s role`}
      consequence={
        <>
          <b>{id}</b> is no longer <b>{spelled(role)}</b> and is let in nowhere in {me.organization_id}. {SOON} What
          they did stays on record, and so does the role that they had; it can be granted again.
        </>
      }
      schema={z.object({})}
      initialValues={{}}
      toBody={() => ({})}
      confirm={`Revoke ${spelled(role)}`}
      danger
      run={() => answerOf(api.DELETE("/v2/roles/{subject}", { params: { path: { subject: id } } }))}
      done={() => `${id} has no role any more`}
      onClose={onClose}
    />
  );
}
