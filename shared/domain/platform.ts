/** Whose the deployment's own records are (sending controls, provider events). No organization can have it as its id. */
export const PLATFORM = "platform";
