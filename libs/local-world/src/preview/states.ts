/** `down` answers 503, `slow` only after a minute, `cut` hangs up without a word. */
export const previewStates = ["up", "down", "slow", "cut"] as const;
export type PreviewState = (typeof previewStates)[number];
