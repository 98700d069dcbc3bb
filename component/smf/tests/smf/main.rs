//! The format as its users see it: round trips, damage, rules, the listing.

mod arbitrary;
mod cost;
mod damage;
mod exercise;
mod listing;
mod notes;
mod round_trip;
mod rules;
mod sample;
mod stub;
