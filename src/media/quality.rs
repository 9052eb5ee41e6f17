//! An estimate of listening quality: R of the E-model (ITU-T G.107), from delay, loss and codec.

/// What a call without any impairment has.
const BEST: f32 = 93.2;

/// R, 0 to 93.2. `delay_ms` is one way, mouth to ear; `loss` the share that was lost or concealed, 0 to 1; `impairment`
/// the codec's `Ie` and `Bpl` (G.113).
#[must_use]
pub fn r_factor(delay_ms: f32, loss: f32, impairment: (f32, f32)) -> f32 {
    // G.107's Id, in the usual two-line approximation (Cole and Rosenbluth 2001).
    let late = (delay_ms - 177.3).max(0.0);
    let delay = 0.024 * delay_ms + 0.11 * late;
    let (ie, bpl) = impairment;
    let percent = loss.clamp(0.0, 1.0) * 100.0;
    let equipment = ie + (95.0 - ie) * percent / (percent + bpl);
    (BEST - delay - equipment).clamp(0.0, BEST)
}

#[cfg(test)]
mod tests {
    use super::r_factor;

    #[test]
    fn quality_falls_with_delay_and_loss() {
        let g711 = (0.0, 25.1);
        assert!((r_factor(20.0, 0.0, g711) - 92.7).abs() < 0.1);
        assert!((85.0..91.0).contains(&r_factor(150.0, 0.0, g711)));
        assert!(r_factor(400.0, 0.0, g711) < 65.0);
        assert!((70.0..80.0).contains(&r_factor(50.0, 0.05, g711)), "{}", r_factor(50.0, 0.05, g711));
        assert_eq!(r_factor(5_000.0, 1.0, g711), 0.0);
        assert!(r_factor(50.0, 0.02, (5.0, 15.0)) < r_factor(50.0, 0.02, g711));
    }
}
