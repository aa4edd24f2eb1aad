"""Whether parts are still like those of the calibration: an exchangeability test that never stops.

Why not a two-sample test of recent scores against the calibration's: asked again and again, it alarms for certain;
and a fixed reference of 40 to 200 parts is itself off by several per cent, which 10,000 parts will show. Here each
new value is ranked among the calibration's **and** all earlier ones. As long as all are exchangeable, these ranks
are independent and uniform, however few parts the calibration had (``ranks``). Bets against that multiply a
capital that cannot be expected to grow, so it is known how rarely it grows large (``evidence``).

Sources: Vovk, Nouretdinov, Gammerman, "Testing exchangeability on-line", 2003 (ranks, martingales). Vovk, Petej,
Nouretdinov, Ahlberg, Carlsson, Gammerman, "Retrain or not retrain: conformal test martingales for change-point
detection", 2021 (conformal CUSUM). Page, "Continuous inspection schemes", 1954; Lorden, "Procedures for reacting
to a change in distribution", 1971 (parts to a false alarm). Huber, "A robust version of the probability ratio
test", 1965 (bounded bets against a share of strange parts).
"""
