/** Light, dark, or what the system says. */

const KEY = "simple.theme";

export function initTheme(button: HTMLButtonElement): void {
    const system = matchMedia("(prefers-color-scheme: dark)");
    let chosen = read();
    const show = (): void => {
        const theme = chosen ?? (system.matches ? "dark" : "light");
        document.documentElement.dataset["theme"] = theme;
        button.textContent = theme === "dark" ? "☾" : "☀";
        button.setAttribute("aria-pressed", String(theme === "dark"));
    };
    button.onclick = () => {
        chosen = document.documentElement.dataset["theme"] === "dark" ? "light" : "dark";
        try {
            localStorage.setItem(KEY, chosen);
        } catch {
            // It is not kept then.
        }
        show();
    };
    system.addEventListener("change", show);
    show();
}

function read(): "light" | "dark" | undefined {
    try {
        const kept = localStorage.getItem(KEY);
        return kept === "light" || kept === "dark" ? kept : undefined;
    } catch {
        return undefined;
    }
}
