import { readAssembly } from "./assembly.ts";
import {
  buildEventInvokeConfigs,
  buildEventSourceMappings,
  buildFunctions,
  buildFunctionUrls,
  buildHttpApis,
  buildPermissions,
  buildStateMachines,
} from "./build-compute.ts";
import {
  buildArchives,
  buildEventBuses,
  buildQueues,
  buildRoles,
  buildRules,
  buildScheduleGroups,
  buildSchedules,
  buildSecrets,
  buildTables,
} from "./build-data.ts";
import type { Endpoints } from "./identity.ts";
import type { TemplateModel } from "./model.ts";
import { resolveResources } from "./resources.ts";

export interface LoadTemplateOptions {
  readonly endpoints?: Partial<Endpoints>;
  /** Stack name → parameter → value, where the template's default isn't wanted. */
  readonly parameters?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const defaultEndpoints: Endpoints = {
  aws: "http://127.0.0.1:4566",
  httpApi: (apiId) => `http://${apiId}.execute-api.localhost`,
  functionUrl: (functionName) => `http://${functionName}.lambda-url.localhost/`,
};

/**
 * Reads all stacks of a synthesized cloud assembly (its directory, or CDK's `CloudAssembly`) into one model.
 * Throws `TemplateNotUnderstood`, naming each resource type and property that wouldn't have its effect here.
 */
export function loadTemplate(
  assembly: string | { readonly directory: string },
  options: LoadTemplateOptions = {},
): TemplateModel {
  const source = readAssembly(typeof assembly === "string" ? assembly : assembly.directory);
  const resources = resolveResources(source, {
    endpoints: { ...defaultEndpoints, ...options.endpoints },
    ...(options.parameters === undefined ? {} : { parameters: options.parameters }),
  });
  return {
    account: resources.account,
    region: resources.region,
    functions: buildFunctions(resources, source),
    tables: buildTables(resources),
    eventSourceMappings: buildEventSourceMappings(resources),
    eventBuses: buildEventBuses(resources),
    archives: buildArchives(resources),
    rules: buildRules(resources),
    scheduleGroups: buildScheduleGroups(resources),
    schedules: buildSchedules(resources),
    queues: buildQueues(resources),
    stateMachines: buildStateMachines(resources),
    functionUrls: buildFunctionUrls(resources),
    eventInvokeConfigs: buildEventInvokeConfigs(resources),
    httpApis: buildHttpApis(resources),
    secrets: buildSecrets(resources),
    roles: buildRoles(resources),
    permissions: buildPermissions(resources),
    outputs: resources.outputs,
  };
}
