// Amounts as the server writes them: `USD 1,045.00`.

export function moneyOf({ currency, decimals }) {
  const digits = Number(decimals);
  return (minor) => {
    const amount = (minor / 10 ** digits).toFixed(digits);
    const [whole, fraction] = amount.split(".");
    const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
    return `${currency} ${grouped}${fraction ? `.${fraction}` : ""}`;
  };
}

export function counted(number) {
  return String(number).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}
