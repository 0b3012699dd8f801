import { createContext, useContext } from "react";

/** The one-time word that the content security policy asks of a script on this page. */
export const Nonce = createContext("");
export const useNonce = (): string => useContext(Nonce);
