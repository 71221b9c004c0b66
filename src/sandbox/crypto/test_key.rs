//! A PUBLISHED key pair: anyone can read it here. For tests only, so that they
//! need not wait for a key to be generated. Never for an account that holds
//! anything.

/// First prime, hexadecimal.
pub const TEST_PRIME_1: &str = "\
    fd23d840f1d82dfbd7217f6bf9be28a23926a0cdf6955d128c77fbf2cfbbd7662ce06103c110508fd7f95da7e55e9fce0d38\
    6174b6dc609ff4a3342649de292a51698be8d6d1d1a8b7d8667937ec64a330a4eff6f35045db7352f322c66e70caa3eaca5b\
    7fedda78100b6dacfab14407f60fd18e771a32c76391dd7c02435f6f";

/// Second prime, hexadecimal.
pub const TEST_PRIME_2: &str = "\
    f08cc8ba725a34292fad40e8ee10354ec7654a4f36bb8cd4cc5c8a244109ed06190c39e2b8ce17209dfbcce6b3fe2c66b127\
    fa8ed315be02b97fdf31c3f48b108f3107c4d606fe67f3ba12d6f93bfa5254043daaa8a37015c2cdaf0abc5e62100c57c8e8\
    0f843b14c591c5ae5fa344c4f19e2681ecc8bcd2dd7b54441a05f285";
