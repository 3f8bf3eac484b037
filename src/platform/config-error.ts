/** A setting that cannot be used. The message names the variable, but never has its value. */
export class ConfigError extends Error {}
